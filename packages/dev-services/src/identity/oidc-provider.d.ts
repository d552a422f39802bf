/** What is used here of `oidc-provider`, which carries no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface Client {
    readonly clientId: string
    readonly clientName?: string
    readonly redirectUris?: readonly string[]
    grantTypeAllowed(grantType: string): boolean
  }

  export interface Interaction {
    readonly uid: string
    readonly prompt: { readonly name: string }
    readonly params: Readonly<Record<string, unknown>>
  }

  export interface Context {
    readonly oidc: {
      readonly params: Readonly<Record<string, string | undefined>>
      readonly client: Client
      readonly account?: { readonly accountId: string }
      readonly requestParamScopes: ReadonlySet<string>
      entity(kind: string, value: object): void
    }
    body: unknown
    status: number
    type: string
    set(header: string, value: string): void
  }

  export class ResourceServer {
    constructor(identifier: string, settings: ResourceServerSettings)
  }

  export interface ResourceServerSettings {
    readonly scope: string
    readonly audience: string
    readonly accessTokenFormat: 'jwt'
    readonly accessTokenTTL: number
    readonly jwt: { readonly sign: { readonly alg: string } }
  }

  export interface AccessToken {
    resourceServer: ResourceServer
    scope: string | undefined
    readonly kind: string
    readonly accountId?: string
    readonly clientId: string
    readonly expiration: number
    readonly tokenType: string
    save(): Promise<string>
  }

  export interface RefreshToken {
    save(): Promise<string>
  }

  export interface Grant {
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    rejectOIDCScope(scope: string): void
    rejectResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }

  export interface Account {
    readonly accountId: string
    claims(): Promise<Record<string, unknown> & { sub: string }>
  }

  interface Adapter {
    upsert(id: string, payload: object, expiresInSeconds?: number): Promise<void>
    find(id: string): Promise<object | undefined>
    findByUid(uid: string): Promise<object | undefined>
    findByUserCode(userCode: string): Promise<object | undefined>
    consume(id: string): Promise<void>
    destroy(id: string): Promise<void>
    revokeByGrantId(grantId: string): Promise<void>
  }

  interface Toggle {
    readonly enabled: boolean
  }

  export interface ProviderConfiguration {
    readonly adapter: (model: string) => Adapter
    readonly clients: readonly Readonly<Record<string, unknown>>[]
    readonly jwks: { readonly keys: readonly object[] }
    readonly cookies: { readonly keys: readonly string[] }
    readonly claims: Readonly<Record<string, readonly string[]>>
    readonly scopes: readonly string[]
    readonly clientAuthMethods: readonly string[]
    readonly conformIdTokenClaims: boolean
    readonly routes: Readonly<Record<string, string>>
    readonly ttl: Readonly<Record<string, number>>
    readonly pkce: { readonly required: () => boolean }
    readonly interactions: {
      readonly policy: interactionPolicy.Policy
      readonly url: (context: Context, interaction: Interaction) => string
    }
    readonly features: {
      readonly devInteractions: Toggle
      readonly clientCredentials: Toggle
      readonly dPoP: Toggle
      readonly pushedAuthorizationRequests: Toggle
      readonly userinfo: Toggle
      readonly revocation: Toggle & {
        readonly allowedPolicy: (context: Context, client: Client, token: AccessToken) => boolean
      }
      readonly rpInitiatedLogout: Toggle & {
        readonly logoutSource: (context: Context, form: string) => void
        readonly postLogoutSuccessSource: (context: Context) => void
      }
      readonly resourceIndicators: Toggle & {
        readonly defaultResource: () => string
        readonly useGrantedResource: () => boolean
        readonly getResourceServerInfo: (context: Context, resource: string, client: Client) => ResourceServerSettings
      }
    }
    readonly formats: {
      readonly customizers: {
        readonly jwt: (
          context: Context | undefined,
          token: AccessToken,
          jwt: { payload: Record<string, unknown> },
        ) => void
      }
    }
    readonly findAccount: (context: Context, id: string) => Account | undefined
    readonly loadExistingGrant: (context: Context) => Promise<Grant | undefined>
    readonly issueRefreshToken: (context: Context, client: Client) => boolean
    readonly expiresWithSession: () => boolean
    readonly clientBasedCORS: (context: Context, origin: string, client: Client) => boolean
    readonly renderError: (context: Context, out: { error: string; error_description?: string }) => void
  }

  export class Provider {
    constructor(issuer: string, configuration: ProviderConfiguration)
    readonly Client: { find(id: string): Promise<Client | undefined> }
    readonly Grant: new (fields: {
      accountId: string
      clientId: string
    }) => Grant
    readonly AccessToken: new (fields: {
      accountId: string
      client: Client
      grantId?: string
      gty: string
      scope?: string
    }) => AccessToken
    readonly RefreshToken: new (fields: {
      accountId: string
      client: Client
      grantId: string
      gty: string
      scope: string
      resource: string
      expiresWithSession: boolean
    }) => RefreshToken
    readonly ResourceServer: typeof ResourceServer
    pathFor(name: string, options?: { mountPath?: string }): string
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
    on(event: 'server_error', listener: (context: Context, error: Error) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    registerGrantType(name: string, handler: (context: Context) => Promise<void>, parameters: readonly string[]): void
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  }

  export namespace interactionPolicy {
    class Check {
      constructor(reason: string, description: string, error: string, check: (context: Context) => boolean)
    }
    interface Policy {
      get(prompt: 'login' | 'consent'): { readonly checks: { add(check: Check): void } } | undefined
    }
    function base(): Policy
  }

  export const errors: {
    readonly InvalidTarget: new () => Error
    readonly InvalidRequest: new (description: string) => Error
    readonly SessionNotFound: new (description: string) => Error
    readonly CustomOIDCProviderError: new (error: string, description: string) => Error
  }
}
