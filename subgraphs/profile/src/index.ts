import { fileURLToPath } from 'node:url'
import { type Clock, createOrm, createPool, IdempotencyKeys, type Logger, type Wakeups } from '@corridor/platform'
import { buildFederatedSchema, checkDatabase, checkDependency, type Subgraph } from '@corridor/subgraph'
import { BeneficiaryRecord } from './entities/beneficiary-record.ts'
import { ProfileRecord } from './entities/profile-record.ts'
import { BlindIndex } from './privacy/blind-index.ts'
import { SubjectKeys } from './privacy/subject-keys.ts'
import { BeneficiaryResolver, createBeneficiaryReader } from './resolvers/beneficiary-resolver.ts'
import { createPartyReader, createProfileReader, ProfileResolver } from './resolvers/profile-resolver.ts'
import { PartyType } from './resolvers/profile-types.ts'
import { BeneficiaryUseCases } from './use-cases/beneficiary-use-cases.ts'
import { ProfileUseCases } from './use-cases/profile-use-cases.ts'

export type { IdentifiedUser, KycDecision } from './use-cases/profile-use-cases.ts'

/** Numbered SQL; read where it lies, so that it need not be copied by the build. */
export const profileMigrations = fileURLToPath(new URL('../src/migrations', import.meta.url))
export const profileKeyMigrations = fileURLToPath(new URL('../src/key-migrations', import.meta.url))

export interface ProfileSubgraphDeps {
  readonly databaseUrl: string
  /** `profile_keys_db`: the subjects' keys, apart from what they open. */
  readonly keysDatabaseUrl: string
  /** 32 bytes in base64, each. */
  readonly masterKey: string
  readonly indexKey: string
  /** At least 16 bytes; hides the inputs that idempotency keys stand for. */
  readonly idempotencySecret: string
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
}

export interface ProfileSubgraph extends Subgraph {
  readonly useCases: ProfileUseCases
}

/** Customers' records and how well we know them, over `profile_db` and `profile_keys_db`. */
export async function createProfileSubgraph(deps: ProfileSubgraphDeps): Promise<ProfileSubgraph> {
  const { clock, wakeups } = deps
  const orm = await createOrm({
    url: deps.databaseUrl,
    service: 'profile-service',
    entities: [ProfileRecord, BeneficiaryRecord],
  })
  const keysPool = createPool({ url: deps.keysDatabaseUrl, service: 'profile-service', max: 4 })
  const keys = new SubjectKeys(keysPool, deps.masterKey)
  const useCases = new ProfileUseCases({ orm, keys, index: new BlindIndex(deps.indexKey), clock, wakeups })
  const idempotency = new IdempotencyKeys(deps.idempotencySecret)
  const beneficiaries = new BeneficiaryUseCases({ orm, keys, idempotency, clock, wakeups })
  const beneficiaryReader = createBeneficiaryReader(beneficiaries)
  const reader = createProfileReader(useCases)
  const parties = createPartyReader(useCases)
  const schema = await buildFederatedSchema({
    resolvers: [new ProfileResolver(useCases, reader, beneficiaries), new BeneficiaryResolver(beneficiaries, useCases)],
    orphanedTypes: [PartyType],
    references: {
      Profile: { load: (ids, context) => Promise.all(ids.map((id) => reader(id, context))) },
      Beneficiary: { load: (ids, context) => Promise.all(ids.map((id) => beneficiaryReader(id, context))) },
      Party: { load: (ids, context) => Promise.all(ids.map((id) => parties(id, context))) },
    },
  })
  return {
    name: 'profile',
    schema,
    useCases,
    ready: async () => [
      await checkDependency('postgresql', () => orm.em.fork().execute('select 1')),
      { ...(await checkDatabase(keysPool)), name: 'postgresql (keys)' },
    ],
    async close() {
      await orm.close()
      await keysPool.end()
    },
  }
}
