import { randomUUID } from 'node:crypto'
import { buildSchema, type GraphQLObjectType } from 'graphql'
import type { IdentityServerStandIn } from './identity-server.ts'
import { type Answer, created, ok, Refused, type Routes } from './server.ts'

const MAX_REVISIONS = 5
const PUB = '/api/am/publisher/v4'
const ADM = '/api/am/admin/v4'
const DEV = '/api/am/devportal/v3'

/** What goes wrong in API Manager now and then, by how often it still shall. */
export interface Traps {
  /** Calls that fail because the key manager is not yet known. */
  keyManagerAppearsAfter: number
  /** Deploy events that never reach the gateway. */
  lostDeployments: number
  /** Scopes that are answered 201 and never made in Identity Server. */
  lostScopes: number
}

export interface StoredOperation {
  readonly target: string
  readonly verb: string
  authType: string
  throttlingPolicy: string
  scopes: string[]
}

interface StoredApi extends Record<string, unknown> {
  readonly id: string
  operations: StoredOperation[]
  scopes: { scope: { name: string }; shared: boolean }[]
  lifeCycleStatus: string
}

interface StoredRevision {
  readonly id: string
  readonly description: string
  readonly operations: readonly StoredOperation[]
  deployed: boolean
}

interface StoredApplication {
  readonly applicationId: string
  readonly name: string
  readonly keys: Record<string, unknown>[]
  readonly subscriptions: Record<string, unknown>[]
}

/** API Manager as far as provisioning sees it, with what is known to go wrong in it. */
export class ApiManagerStandIn {
  api: StoredApi | null = null
  sdl = ''
  weights: unknown[] = []
  revisions: StoredRevision[] = []
  /** The revision that the gateway serves. */
  live: StoredRevision | null = null
  readonly scopes = new Map<string, Record<string, unknown>>()
  readonly policies = new Map<string, Record<string, unknown>>()
  readonly keyManagers = new Map<string, Record<string, unknown>>()
  readonly applications = new Map<string, StoredApplication>()

  constructor(
    private readonly identity: IdentityServerStandIn,
    readonly traps: Traps,
  ) {}

  readonly routes: Routes = {
    'GET /services/Version': () => ok('WSO2 API Manager-4.5.0'),
    'GET /api/am/gateway/v2/server-startup-healthcheck': () => ok('OK'),
    'POST /client-registration/v0.17/register': () => ok({ clientId: 'client', clientSecret: 'secret' }),
    'POST /oauth2/token': ({ body }) => {
      const { password } = body as Record<string, string> // A form.
      if (password !== 'correct') return { status: 400, body: { error: 'invalid_grant', error_description: 'wrong' } }
      return ok({ access_token: 'administrator', expires_in: 3600 })
    },
    'GET /api/am/gateway/v2/api-artifact': () =>
      this.live === null ? { status: 404, body: {} } : ok({ apiId: 'live' }),

    [`GET ${ADM}/throttling/policies/subscription`]: () => ok(listOf([...this.policies.values()])),
    [`GET ${ADM}/throttling/policies/subscription/:id`]: ({ part }) => ok(need(this.policies, part('id'))),
    [`POST ${ADM}/throttling/policies/subscription`]: ({ body }) => created(add(this.policies, body, 'policyId')),
    [`PUT ${ADM}/throttling/policies/subscription/:id`]: ({ part, body }) =>
      ok(Object.assign(need(this.policies, part('id')), body)),
    [`DELETE ${ADM}/throttling/policies/subscription/:id`]: ({ part }) => remove(this.policies, part('id')),

    [`GET ${ADM}/key-managers`]: () =>
      ok(listOf([...this.keyManagers.values()].map(({ id, name, type }) => ({ id, name, type })))),
    [`GET ${ADM}/key-managers/:id`]: ({ part }) => ok(masked(need(this.keyManagers, part('id')))),
    [`POST ${ADM}/key-managers`]: ({ body }) => created(masked(add(this.keyManagers, body, 'id'))),
    [`PUT ${ADM}/key-managers/:id`]: ({ part, body }) =>
      ok(masked(Object.assign(need(this.keyManagers, part('id')), body))),
    [`DELETE ${ADM}/key-managers/:id`]: ({ part }) => remove(this.keyManagers, part('id')),

    [`GET ${PUB}/scopes`]: () => ok(listOf([...this.scopes.values()])),
    [`POST ${PUB}/scopes`]: ({ body }) => this.#addScope(body as ScopeBody), // Held to the document by the contracts.
    [`PUT ${PUB}/scopes/:id`]: ({ part, body }) => {
      const scope = Object.assign(need(this.scopes, part('id')), body)
      const { name, bindings } = body as ScopeBody // As above.
      for (const role of this.identity.roles.values()) {
        const others = role.permissions.filter((permission) => permission !== name)
        role.permissions = bindings.includes(role.displayName) ? [...others, name] : others
      }
      return ok(scope)
    },
    [`DELETE ${PUB}/scopes/:id`]: ({ part }) => {
      if (this.api !== null) throw new Refused(409, 900987, 'The scope is used by an API')
      return remove(this.scopes, part('id'))
    },

    [`GET ${PUB}/apis`]: () => ok(listOf(this.api === null ? [] : [infoOf(this.api)])),
    [`POST ${PUB}/apis/import-graphql-schema`]: ({ body }) => this.#import(body as Record<string, string>), // A form.
    [`GET ${PUB}/apis/:id`]: () => ok(this.#needApi()),
    [`PUT ${PUB}/apis/:id`]: ({ body }) => this.#updateApi(body as Partial<StoredApi>), // As above.
    [`DELETE ${PUB}/apis/:id`]: () => {
      this.api = null
      this.revisions = []
      this.live = null
      return { status: 200 }
    },
    [`GET ${PUB}/apis/:id/graphql-schema`]: () => ok({ name: 'schema.graphql', schemaDefinition: `${this.sdl}\n\n` }),
    [`PUT ${PUB}/apis/:id/graphql-schema`]: ({ body }) => {
      this.#takeSchema((body as Record<string, string>).schemaDefinition ?? '')
      return { status: 200 }
    },
    [`GET ${PUB}/apis/:id/graphql-policies/complexity`]: () => ok({ list: this.weights }),
    [`PUT ${PUB}/apis/:id/graphql-policies/complexity`]: ({ body }) => {
      this.weights = (body as { list: unknown[] }).list
      return { status: 200 }
    },
    [`GET ${PUB}/apis/:id/revisions`]: () => ok(listOf(this.revisions.map(revisionOf))),
    [`POST ${PUB}/apis/:id/revisions`]: ({ body }) => {
      if (this.revisions.length >= MAX_REVISIONS) throw new Refused(412, 902000, 'Maximum number of revisions reached')
      const { description } = body as { description: string } // As above.
      const operations = structuredClone(this.#needApi().operations)
      const revision = { id: randomUUID(), description, operations, deployed: false }
      this.revisions.push(revision)
      return created(revisionOf(revision))
    },
    [`DELETE ${PUB}/apis/:id/revisions/:revision`]: ({ part }) => {
      const revision = this.#revision(part('revision'))
      if (revision.deployed) throw new Refused(404, 902001, 'A deployed revision cannot be deleted')
      this.revisions = this.revisions.filter((item) => item !== revision)
      return { status: 204 }
    },
    [`POST ${PUB}/apis/:id/deploy-revision`]: ({ query }) => {
      const revision = this.#revision(query.get('revisionId') ?? '')
      for (const other of this.revisions) other.deployed = other === revision
      if (this.traps.lostDeployments > 0) this.traps.lostDeployments--
      else this.live = revision
      return ok([{ name: 'Default' }])
    },
    [`POST ${PUB}/apis/:id/undeploy-revision`]: ({ query }) => {
      const revision = this.#revision(query.get('revisionId') ?? '')
      revision.deployed = false
      if (this.live === revision) this.live = null
      return { status: 201, body: [] }
    },
    [`POST ${PUB}/apis/change-lifecycle`]: () => {
      this.#needApi().lifeCycleStatus = 'PUBLISHED'
      return ok({ workflowStatus: 'APPROVED' })
    },

    [`GET ${DEV}/applications`]: () =>
      ok(listOf([...this.applications.values()].map(({ applicationId, name }) => ({ applicationId, name })))),
    [`POST ${DEV}/applications`]: ({ body }) => {
      const { name } = body as { name: string } // As above.
      if ([...this.applications.values()].some((item) => item.name === name)) {
        throw new Refused(409, 900506, 'An application with this name is there already')
      }
      const application = { applicationId: randomUUID(), name, keys: [], subscriptions: [] }
      this.applications.set(application.applicationId, application)
      return created({ applicationId: application.applicationId, name, throttlingPolicy: 'Unlimited' })
    },
    [`DELETE ${DEV}/applications/:id`]: ({ part }) => remove(this.applications, part('id')),
    [`GET ${DEV}/applications/:id/oauth-keys`]: ({ part }) => ok(listOf(need(this.applications, part('id')).keys)),
    [`POST ${DEV}/applications/:id/generate-keys`]: ({ part, body }) => this.#generateKeys(part('id'), body),
    [`DELETE ${DEV}/applications/:id/oauth-keys/:key`]: ({ part }) => {
      const { keys } = need(this.applications, part('id'))
      keys.splice(0, keys.length)
      return { status: 200 }
    },
    [`GET ${DEV}/subscriptions`]: ({ query }) =>
      ok(listOf(need(this.applications, query.get('applicationId') ?? '').subscriptions)),
    [`POST ${DEV}/subscriptions`]: ({ body }) => {
      const subscription = {
        subscriptionId: randomUUID(),
        ...(body as { applicationId: string; throttlingPolicy: string }),
      }
      need(this.applications, subscription.applicationId).subscriptions.push(subscription)
      return created(subscription)
    },
  }

  #addScope({ name, displayName, bindings, description }: ScopeBody): Answer {
    this.#needKeyManager()
    if ([...this.scopes.values()].some((scope) => scope.name === name))
      throw new Refused(400, 900988, 'It is there already')
    const known = new Set([...this.identity.roles.values()].map((role) => role.displayName))
    const unknown = bindings.filter((role) => !known.has(role))
    if (unknown.length > 0) throw new Refused(400, 900610, `Invalid roles: ${unknown.join(', ')}`)
    if (displayName !== name) throw new Refused(400, 900989, 'The connector would not find it again')
    if (this.traps.lostScopes > 0) this.traps.lostScopes--
    else this.identity.addScope(name, bindings)
    return created(add(this.scopes, { name, displayName, bindings, description }, 'id'))
  }

  /** Operations come out of the schema: what the body says of them is not kept. */
  #import({ file = '', additionalProperties = '{}' }: Record<string, string>): Answer {
    if (this.api !== null) throw new Refused(409, 900300, 'An API with this name is there already')
    const given = JSON.parse(additionalProperties) as Record<string, unknown> // The API object of the document.
    this.api = { ...given, id: randomUUID(), operations: [], scopes: [], lifeCycleStatus: 'CREATED' }
    this.#takeSchema(file)
    return created(this.api)
  }

  /** Operations that are known keep their settings, new ones come in without a scope, others vanish. */
  #takeSchema(sdl: string): void {
    const schema = buildSchema(sdl)
    this.sdl = sdl
    const api = this.#needApi()
    const known = new Map(api.operations.map((operation) => [`${operation.verb} ${operation.target}`, operation]))
    const roots: [string, GraphQLObjectType | null | undefined][] = [
      ['QUERY', schema.getQueryType()],
      ['MUTATION', schema.getMutationType()],
      ['SUBSCRIPTION', schema.getSubscriptionType()],
    ]
    api.operations = roots.flatMap(([verb, type]) =>
      Object.keys(type?.getFields() ?? {}).map(
        (target) =>
          known.get(`${verb} ${target}`) ?? {
            target,
            verb,
            authType: 'Any',
            throttlingPolicy: 'Unlimited',
            scopes: [],
          },
      ),
    )
  }

  #updateApi(body: Partial<StoredApi>): Answer {
    const api = this.#needApi()
    const names = new Set((body.scopes ?? []).map(({ scope }) => scope.name))
    for (const { target, scopes } of body.operations ?? []) {
      const unknown = scopes.find((scope) => !names.has(scope))
      if (unknown !== undefined) throw new Refused(400, 900990, `${target}: the API has no scope ${unknown}`)
    }
    Object.assign(api, structuredClone(body), { lifeCycleStatus: api.lifeCycleStatus })
    return ok(api)
  }

  #generateKeys(applicationId: string, body: unknown): Answer {
    this.#needKeyManager()
    const application = need(this.applications, applicationId)
    if (application.keys.length > 0) throw new Refused(409, 901409, 'Keys are there already')
    const { keyManager, keyType, grantTypesToBeSupported } = body as KeyRequest // As above.
    const oidc = { grantTypes: grantTypesToBeSupported, accessToken: { type: 'Default' } }
    const { clientId: consumerKey } = this.identity.addClient(`admin_${applicationId}_${keyType}`, oidc)
    const key = { keyMappingId: randomUUID(), keyManager, keyType, consumerKey, consumerSecret: 'consumer-secret' }
    application.keys.push(key)
    return ok(key)
  }

  #needKeyManager(): void {
    if (this.keyManagers.size === 0) throw new Refused(400, 901404, 'There is no such key manager')
    if (this.traps.keyManagerAppearsAfter-- > 0) throw new Refused(400, 900967, 'Key manager is not reachable')
  }

  #needApi(): StoredApi {
    if (this.api === null) throw new Refused(404, 900350, 'There is no such API')
    return this.api
  }

  #revision = (id: string): StoredRevision => {
    const found = this.revisions.find((revision) => revision.id === id)
    if (found === undefined) throw new Refused(404, 902002, 'There is no such revision')
    return found
  }
}

interface ScopeBody {
  readonly name: string
  readonly displayName: string
  readonly description: string
  readonly bindings: string[]
}

interface KeyRequest {
  readonly keyManager: string
  readonly keyType: string
  readonly grantTypesToBeSupported: readonly string[]
}

const listOf = <T>(list: readonly T[]) => ({ count: list.length, list })

const revisionOf = ({ id, description, deployed }: StoredRevision) => ({
  id,
  description,
  deploymentInfo: deployed ? [{ name: 'Default' }] : [],
})

const infoOf = ({ id, name, version, context, lifeCycleStatus }: StoredApi) => ({
  id,
  name,
  version,
  context,
  lifeCycleStatus,
})

/** A stored password is never shown again. */
const masked = (keyManager: Record<string, unknown>) => ({
  ...keyManager,
  additionalProperties: { ...(keyManager.additionalProperties as object), Password: '**********' },
})

function add(to: Map<string, Record<string, unknown>>, body: unknown, idField: string): Record<string, unknown> {
  const id = randomUUID()
  const item = { ...(body as object), [idField]: id }
  to.set(id, item)
  return item
}

function need<T>(from: ReadonlyMap<string, T>, id: string): T {
  const found = from.get(id)
  if (found === undefined) throw new Refused(404, 404, 'There is no such thing')
  return found
}

function remove(from: Map<string, unknown>, id: string): Answer {
  need(from, id)
  from.delete(id)
  return { status: 200 }
}
