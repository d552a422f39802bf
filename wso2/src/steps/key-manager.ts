import { differences, type Step } from '../change.ts'
import type { Connections } from '../connections.ts'
import type { Settings } from '../settings.ts'

export const KEY_MANAGER = 'IdentityServer'

/** Identity Server 7 as a third-party key manager. The resident one stays: API Manager's own portals need it. */
export const keyManagerStep = ({ admin }: Connections, settings: Settings): Step => ({
  name: 'Key manager',
  look: async () => {
    const wanted = keyManagerOf(settings)
    const existing = await admin.findKeyManager(KEY_MANAGER)
    if (existing === null) return [{ sign: '+', what: KEY_MANAGER, apply: () => admin.createKeyManager(wanted) }]
    const details = differences(withoutSecrets(existing), withoutSecrets(wanted))
    if (details.length === 0) return []
    const apply = () => admin.updateKeyManager(existing.id ?? '', { ...existing, ...wanted })
    return [{ sign: '~', what: KEY_MANAGER, details, apply }]
  },
})

function keyManagerOf({ is }: Settings) {
  const at = (path: string): string => new URL(path, is.internalUrl).href
  return {
    name: KEY_MANAGER,
    displayName: 'WSO2 Identity Server 7.1',
    type: 'WSO2-IS-7',
    description: 'Issues the tokens of customers and staff.',
    enabled: true,
    // The gateway picks the key manager by the issuer of a token, which is Identity Server's token endpoint.
    issuer: at('/oauth2/token'),
    wellKnownEndpoint: at('/oauth2/token/.well-known/openid-configuration'),
    tokenEndpoint: at('/oauth2/token'),
    displayTokenEndpoint: new URL('/oauth2/token', is.url).href,
    introspectionEndpoint: at('/oauth2/introspect'),
    revokeEndpoint: at('/oauth2/revoke'),
    displayRevokeEndpoint: new URL('/oauth2/revoke', is.url).href,
    authorizeEndpoint: new URL('/oauth2/authorize', is.url).href,
    // Discovery would say /oauth2/userinfo, which this connector cannot use.
    userInfoEndpoint: at('/scim2/Me'),
    scopeManagementEndpoint: at('/api/identity/oauth2/v1.0/scopes'),
    clientRegistrationEndpoint: at('/api/identity/oauth2/dcr/v1.1/register'),
    consumerKeyClaim: 'azp',
    scopesClaim: 'scope',
    certificates: { type: 'JWKS', value: at('/oauth2/jwks') },
    enableTokenGeneration: true,
    enableOAuthAppCreation: true,
    enableMapOAuthConsumerApps: true,
    enableSelfValidationJWT: true,
    tokenType: 'DIRECT',
    availableGrantTypes: [
      'authorization_code',
      'refresh_token',
      'password',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
    additionalProperties: {
      Username: is.username,
      Password: is.password,
      api_resource_management_endpoint: at('/api/server/v1/api-resources'),
      is7_roles_endpoint: at('/scim2/v2/Roles'),
      // A boolean: the connector ignores the text "false". Roles are made by setup-roles, under their own names.
      enable_roles_creation: false,
      self_validate_jwt: true,
    },
  }
}

/** A password that was stored is not shown again: it is neither compared nor printed. */
function withoutSecrets(keyManager: object): object {
  const properties: unknown = Reflect.get(keyManager, 'additionalProperties')
  if (typeof properties !== 'object' || properties === null) return keyManager
  const kept = Object.fromEntries(Object.entries(properties).filter(([name]) => name !== 'Password'))
  return { ...keyManager, additionalProperties: kept }
}
