import { createHash } from 'node:crypto'
import { ROLE_SCOPES } from '@corridor/platform'
import type { ApiOperation, ApiScope, SharedScope, SubscriptionPolicy } from './am/types.ts'
import { type FieldWeight, fieldWeights } from './schema/complexity.ts'
import { type Operation, type PublicApi, readPublicApi } from './schema/public-api.ts'
import type { Settings } from './settings.ts'

/** What the products shall hold, all of it derived from the composed schema, the roles and the settings. */
export interface Desired {
  readonly api: PublicApi
  /** Shared scopes, with the roles that are bound to them. */
  readonly scopes: readonly SharedScope[]
  /** Scope names by role. */
  readonly roles: ReadonlyMap<string, readonly string[]>
  readonly weights: readonly FieldWeight[]
  readonly policies: readonly SubscriptionPolicy[]
  /** Fields of API Manager's API object. */
  readonly apiObject: DesiredApiObject
  /** Of everything that a revision carries: two equal digests are the same published API. */
  readonly digest: string
}

export interface DesiredApiObject {
  readonly description: string
  readonly policies: readonly string[]
  readonly operations: readonly ApiOperation[]
  readonly scopes: readonly ApiScope[]
  readonly securityScheme: readonly string[]
  readonly transport: readonly string[]
  readonly endpointConfig: object
  readonly corsConfiguration: object
}

const MAX_DESCRIPTION = 512
const MINUTE_COUNT = 100_000
/** As deep as the router lets anybody go. */
const MAX_DEPTH = 12
/**
 * Above what the router's own cost allows, because API Manager multiplies by literal page sizes at every level: it is the
 * coarse bound, the router's is the exact one.
 */
const MAX_COMPLEXITY = 50_000
export const SUBSCRIPTION_POLICY = 'CorridorCustomer'

export function desiredState(supergraphSdl: string, settings: Settings): Desired {
  const api = readPublicApi(supergraphSdl)
  const scopes = sharedScopes(api.operations)
  const weights = fieldWeights(api.schema)
  const policies = [customerPolicy()]
  const apiObject = apiObjectOf(api.operations, scopes, settings)
  return {
    api,
    scopes,
    weights,
    policies,
    apiObject,
    roles: new Map(Object.entries(ROLE_SCOPES)),
    digest: digestOf([api.sdl, weights, apiObject]),
  }
}

/** Every scope that opens a root field, described by the fields that it opens. */
function sharedScopes(operations: readonly Operation[]): SharedScope[] {
  const opens = new Map<string, string[]>()
  for (const { target, scopes } of operations) {
    for (const scope of scopes) opens.set(scope, [...(opens.get(scope) ?? []), target])
  }
  return [...opens]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, targets]) => ({
      name,
      // The connector of Identity Server 7 looks existing scopes up by this: it must equal the name.
      displayName: name,
      description: `Opens ${targets.join(', ')}.`.slice(0, MAX_DESCRIPTION),
      bindings: rolesWith(name),
    }))
}

function rolesWith(scope: string): string[] {
  const roles = Object.entries(ROLE_SCOPES).filter(([, scopes]) => (scopes as readonly string[]).includes(scope))
  if (roles.length === 0) throw new Error(`No role has the scope ${scope}: nobody could use what it opens.`)
  return roles.map(([role]) => role).sort()
}

function apiObjectOf(
  operations: readonly Operation[],
  scopes: readonly SharedScope[],
  { backendUrl, allowedOrigins }: Settings,
): DesiredApiObject {
  const endpoint = { url: backendUrl }
  return {
    description: 'Wallets in several currencies, locked exchange rates, payments one can watch arrive.',
    policies: [SUBSCRIPTION_POLICY],
    operations: operations.map(operationOf),
    scopes: scopes.map((scope) => ({ scope, shared: true })),
    securityScheme: ['oauth2', 'oauth_basic_auth_api_key_mandatory'],
    transport: ['http', 'https'],
    // The WebSocket's address is derived from this one: the router serves both on the same URL.
    endpointConfig: { endpoint_type: 'http', production_endpoints: endpoint, sandbox_endpoints: endpoint },
    corsConfiguration: {
      corsConfigurationEnabled: true,
      accessControlAllowOrigins: allowedOrigins,
      accessControlAllowCredentials: false,
      accessControlAllowHeaders: ['Authorization', 'Content-Type', 'apollo-require-preflight', 'traceparent'],
      accessControlAllowMethods: ['POST', 'OPTIONS'],
    },
  }
}

/**
 * Every operation is `Unlimited` by itself: the subscription's policy counts requests, and it counts each event of a
 * subscription as one, for which it is sized.
 */
const operationOf = ({ target, verb, isPublic, scopes }: Operation): ApiOperation => ({
  target,
  verb,
  authType: isPublic ? 'None' : 'Application & Application User',
  throttlingPolicy: 'Unlimited',
  scopes,
})

const customerPolicy = (): SubscriptionPolicy => ({
  policyName: SUBSCRIPTION_POLICY,
  displayName: SUBSCRIPTION_POLICY,
  description: 'Requests and events of subscriptions together; depth and complexity of a document.',
  defaultLimit: {
    type: 'REQUESTCOUNTLIMIT',
    requestCount: { timeUnit: 'min', unitTime: 1, requestCount: MINUTE_COUNT },
  },
  stopOnQuotaReach: true,
  billingPlan: 'FREE',
  graphQLMaxDepth: MAX_DEPTH,
  graphQLMaxComplexity: MAX_COMPLEXITY,
})

const digestOf = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
