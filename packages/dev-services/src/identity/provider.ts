import type { Clock, Logger } from '@corridor/platform'
import { grantScopes, identityServerClaims, OPENID_SCOPES, personalClaims } from './access-tokens.ts'
import type { IdentityClient } from './clients.ts'
import type { IdentityKeys } from './keys.ts'
import { memoryAdapters } from './memory-adapter.ts'
import { type Context, errors, interactionPolicy, Provider, type ProviderConfiguration } from './oidc.ts'
import { errorPage, logoutPage, page } from './pages.ts'
import type { UserStore } from './user-store.ts'

/** The one resource that tokens are for, so that every access token is a JWT with an audience. */
export const PLATFORM_RESOURCE = 'urn:corridor:platform'
export const LOGIN_PATH = '/authenticationendpoint/login'

const ACCESS_TOKEN_SECONDS = 3600
const LOGIN_SECONDS = 600
const SESSION_SECONDS = 14 * 24 * 3600

export interface ProviderSettings {
  readonly issuer: string
  readonly audience: string
  readonly users: UserStore
  readonly roles: Readonly<Record<string, readonly string[]>>
  readonly clients: readonly IdentityClient[]
  readonly keys: IdentityKeys
  readonly clock: Clock
  readonly logger: Logger
}

/** Identity Server's issuer ends in `/oauth2/token`, and yet its endpoints are not below that path. */
class IdentityServerProvider extends Provider {
  override pathFor(name: string, options?: { mountPath?: string }): string {
    return super.pathFor(name, { ...options, mountPath: '' })
  }
}

export function createProvider(settings: ProviderSettings): Provider {
  const provider: Provider = new IdentityServerProvider(settings.issuer, {
    ...artifacts(settings),
    ...endpoints(),
    ...people(settings, () => provider),
    features: features(settings),
  })
  provider.on('server_error', (_context, error) => settings.logger.error({ error }, 'a request to the issuer failed'))
  provider.on('error', (error) => settings.logger.error({ error }, 'a request to the issuer failed'))
  return provider
}

/** What is kept, for how long, and signed with what. */
function artifacts({ clients, keys, users, audience, clock }: ProviderSettings) {
  const addClaims = identityServerClaims({ users, audience, clock })
  return {
    adapter: memoryAdapters(),
    clients: clients.map(clientMetadata),
    jwks: { keys: [keys.signing] },
    cookies: { keys: [keys.cookies] },
    formats: { customizers: { jwt: (_context, token, jwt) => addClaims(token, jwt) } },
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      ClientCredentials: ACCESS_TOKEN_SECONDS,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: LOGIN_SECONDS,
      Session: SESSION_SECONDS,
      Grant: SESSION_SECONDS,
      RefreshToken: SESSION_SECONDS,
    },
  } satisfies Partial<ProviderConfiguration>
}

function endpoints() {
  return {
    routes: {
      authorization: '/oauth2/authorize',
      token: '/oauth2/token',
      jwks: '/oauth2/jwks',
      revocation: '/oauth2/revoke',
      end_session: '/oidc/logout',
    },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    pkce: { required: () => true },
    interactions: { policy: loginPolicy(), url: (_context, interaction) => `${LOGIN_PATH}/${interaction.uid}` },
    clientBasedCORS: (_context, origin, client) =>
      (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
    renderError: (context, { error, error_description }) => respond(context, errorPage(error, error_description ?? '')),
  } satisfies Partial<ProviderConfiguration>
}

/** As usual, and a session whose user was deleted or deactivated meanwhile asks for a login. */
function loginPolicy() {
  const policy = interactionPolicy.base()
  const isGone = ({ oidc }: Context) => oidc.account === undefined
  const check = new interactionPolicy.Check('no_user', 'The user is no longer there', 'login_required', isGone)
  policy.get('login')?.checks.add(check)
  return policy
}

/** Who logs in, and what he is then given. */
function people({ users, roles }: ProviderSettings, provider: () => Provider) {
  return {
    claims: {
      openid: ['sub'],
      profile: ['username', 'given_name', 'family_name', 'country', 'zoneinfo', 'locale'],
      email: ['email'],
    },
    scopes: OPENID_SCOPES,
    conformIdTokenClaims: false,
    expiresWithSession: () => false,
    issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: (_context, id) => {
      const user = users.byId(id)
      if (!user?.active) return undefined
      return { accountId: id, claims: async () => ({ sub: id, username: user.username, ...personalClaims(user) }) }
    },
    // Nobody is asked to consent: what his roles have is granted, the rest is refused without a word, as in the token.
    loadExistingGrant: async (context) => {
      const user = users.byId(context.oidc.account?.accountId ?? '')
      if (!user) return undefined
      const requested = context.oidc.requestParamScopes
      const granted = new Set(grantScopes({ user, roles, requested }))
      const refused = [...requested].filter((scope) => !granted.has(scope)).join(' ')
      const grant = new (provider().Grant)({ accountId: user.id, clientId: context.oidc.client.clientId })
      grant.addOIDCScope(OPENID_SCOPES.filter((scope) => granted.has(scope)).join(' '))
      grant.addResourceScope(PLATFORM_RESOURCE, [...granted].join(' '))
      if (refused !== '') grant.rejectOIDCScope(refused)
      if (refused !== '') grant.rejectResourceScope(PLATFORM_RESOURCE, refused)
      await grant.save()
      return grant
    },
  } satisfies Partial<ProviderConfiguration>
}

function features({ audience, roles, clients }: ProviderSettings): ProviderConfiguration['features'] {
  const ofUsers = [...new Set([...Object.values(roles).flat(), ...OPENID_SCOPES])]
  const ofApplications = new Map(clients.map(({ clientId, scopes }) => [clientId, scopes ?? []]))
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    // Access tokens are for the platform; the claims are in them and in the ID token.
    userinfo: { enabled: false },
    revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (context, form) => respond(context, logoutPage(form)),
      postLogoutSuccessSource: (context) =>
        respond(context, page('Signed out', '<p>You are signed out. This page can be closed.</p>')),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => PLATFORM_RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: (context, resource, client) => {
        if (resource !== PLATFORM_RESOURCE) throw new errors.InvalidTarget()
        const forItself = context.oidc.params.grant_type === 'client_credentials'
        return platformResource(audience, forItself ? (ofApplications.get(client.clientId) ?? []) : ofUsers)
      },
    },
  }
}

export function platformResource(audience: string, scopes: readonly string[]) {
  return {
    scope: scopes.join(' '),
    audience,
    accessTokenFormat: 'jwt',
    accessTokenTTL: ACCESS_TOKEN_SECONDS,
    jwt: { sign: { alg: 'RS256' } },
  } as const
}

function clientMetadata({ clientId, name, secret, grants, redirectUris, logoutUris }: IdentityClient) {
  const byCode = grants.includes('authorization_code')
  return {
    client_id: clientId,
    client_name: name,
    ...(secret === undefined ? {} : { client_secret: secret }),
    token_endpoint_auth_method: secret === undefined ? 'none' : 'client_secret_basic',
    grant_types: grants,
    response_types: byCode ? ['code'] : [],
    redirect_uris: redirectUris ?? [],
    post_logout_redirect_uris: logoutUris ?? [],
  }
}

function respond(context: Context, html: string): void {
  context.type = 'html'
  context.body = html
}
