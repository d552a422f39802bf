import type { DevelopmentIdentity, DevelopmentIdentityOptions } from './identity/start-identity.ts'

export { ROLE_SCOPES, type Role } from '@corridor/platform'
export { type DynamoOptions, type RunningDynamo, startDynamo } from './dynamo/start-dynamo.ts'
export { type IdentityClient, type IdentityGrant, SEED_CLIENTS, USER_MANAGEMENT_SCOPES } from './identity/clients.ts'
export { SEED_USERS, type SeedUser } from './identity/seed-users.ts'
export type { DevelopmentIdentity, DevelopmentIdentityOptions } from './identity/start-identity.ts'
export { assertPortFree, freePort } from './ports.ts'
export { isReachableByOthers, type RuntimeUser, runtimeUser } from './postgres/runtime-user.ts'
export { type PostgresOptions, type RunningPostgres, startPostgres } from './postgres/start-postgres.ts'
export { StartError } from './start-error.ts'

/**
 * See `startDevelopmentIdentity` in `identity/start-identity.ts`. It is loaded when it is started: production, which has none of
 * its libraries, never does.
 */
export async function startDevelopmentIdentity(options: DevelopmentIdentityOptions): Promise<DevelopmentIdentity> {
  const identity = await import('./identity/start-identity.ts')
  return await identity.startDevelopmentIdentity(options)
}
