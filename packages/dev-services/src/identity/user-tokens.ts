import { grantScopes, OPENID_SCOPES, scopesOf } from './access-tokens.ts'
import type { Authenticator } from './authenticator.ts'
import { type Client, type Context, errors, type Provider } from './oidc.ts'
import { PLATFORM_RESOURCE, platformResource } from './provider.ts'
import type { User } from './user-store.ts'

export interface UserTokenSettings {
  readonly provider: Provider
  readonly audience: string
  readonly roles: Readonly<Record<string, readonly string[]>>
}

/** Adds Identity Server's `grant_type=password` (RFC 6749, section 4.3), which `oidc-provider` does not have. */
export function addPasswordGrant(settings: UserTokenSettings & { readonly authenticator: Authenticator }): void {
  const { provider, authenticator, roles } = settings
  provider.registerGrantType(
    'password',
    async (context) => {
      const { username, password, scope } = context.oidc.params
      if (username === undefined || password === undefined) {
        throw new errors.InvalidRequest('username and password are required')
      }
      const user = orInvalidGrant(await authenticator.login(username, password))
      const scopes =
        scope === undefined
          ? [...scopesOf(user, roles)]
          : grantScopes({ user, roles, requested: scope.split(' ').filter(Boolean) })
      context.body = await passwordResponse(settings, context, { user, scopes })
    },
    ['username', 'password', 'scope'],
  )
}

/** An access token for a user, with no login behind it: for tools that run beside the server. */
export async function mintAccessToken(
  { provider, audience }: UserTokenSettings,
  { user, client, scopes, grantId }: { user: User; client: Client; scopes: readonly string[]; grantId?: string },
) {
  const token = new provider.AccessToken({
    accountId: user.id,
    client,
    gty: 'password',
    ...(grantId === undefined ? {} : { grantId }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  })
  token.resourceServer = new provider.ResourceServer(PLATFORM_RESOURCE, platformResource(audience, scopes))
  return { token, value: await token.save() }
}

function orInvalidGrant(result: Awaited<ReturnType<Authenticator['login']>>): User {
  if (result.kind === 'accepted') return result.user
  throw new errors.CustomOIDCProviderError(
    'invalid_grant',
    result.kind === 'blocked'
      ? 'Too many failed logins: wait a minute and try again.'
      : 'Authentication failed: wrong user name or password.',
  )
}

async function passwordResponse(
  settings: UserTokenSettings,
  context: Context,
  { user, scopes }: { user: User; scopes: readonly string[] },
) {
  const { provider } = settings
  const { client } = context.oidc
  const grant = new provider.Grant({ accountId: user.id, clientId: client.clientId })
  grant.addOIDCScope(OPENID_SCOPES.filter((scope) => scopes.includes(scope)).join(' '))
  grant.addResourceScope(PLATFORM_RESOURCE, scopes.join(' '))
  const grantId = await grant.save()
  const { token, value } = await mintAccessToken(settings, { user, client, scopes, grantId })
  const refreshToken = client.grantTypeAllowed('refresh_token')
    ? await new provider.RefreshToken({
        accountId: user.id,
        client,
        grantId,
        gty: 'password',
        scope: scopes.join(' '),
        resource: PLATFORM_RESOURCE,
        expiresWithSession: false,
      }).save()
    : undefined
  return {
    access_token: value,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    token_type: token.tokenType,
    expires_in: token.expiration,
    scope: scopes.join(' '),
  }
}
