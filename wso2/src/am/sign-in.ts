import { RestClient } from '../http/rest-client.ts'
import type { Settings } from '../settings.ts'

/** All that provisioning does, and no more. */
const SCOPES = [
  'apim:api_view',
  'apim:api_create',
  'apim:api_delete',
  'apim:api_publish',
  'apim:api_manage',
  'apim:shared_scope_manage',
  'apim:admin',
  'apim:subscribe',
  'apim:app_manage',
  'apim:sub_manage',
]
/** Before the end of its life a token is asked for anew. */
const RENEW_BEFORE_S = 60

interface Registration {
  readonly clientId: string
  readonly clientSecret: string
}

interface IssuedToken {
  readonly access_token: string
  readonly expires_in: number
}

export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** API Manager's REST APIs as its administrator, with a token of its own (not of Identity Server). */
export function signInToApiManager({ am, ca }: Settings): RestClient {
  const administrator = basic(am.username, am.password)
  const options = { product: 'API Manager', baseUrl: am.url, ca } as const
  const registrar = new RestClient({ ...options, authorize: async () => administrator })
  let token: Promise<{ value: string; renewAt: number }> | undefined

  const issue = async (): Promise<{ value: string; renewAt: number }> => {
    const { clientId, clientSecret } = await registrar.send<Registration>({
      method: 'POST',
      path: '/client-registration/v0.17/register',
      body: {
        json: {
          callbackUrl: 'https://localhost',
          clientName: 'corridor_provisioning',
          owner: am.username,
          grantType: 'password refresh_token',
          saasApp: true,
        },
      },
    })
    const client = new RestClient({ ...options, authorize: async () => basic(clientId, clientSecret) })
    try {
      const { access_token, expires_in } = await client.send<IssuedToken>({
        method: 'POST',
        path: '/oauth2/token',
        body: {
          form: { grant_type: 'password', username: am.username, password: am.password, scope: SCOPES.join(' ') },
        },
      })
      return { value: access_token, renewAt: Date.now() + (expires_in - RENEW_BEFORE_S) * 1_000 }
    } finally {
      await client.close()
    }
  }

  return new RestClient({
    ...options,
    authorize: async () => {
      if (token === undefined || (await token).renewAt < Date.now()) token = issue()
      return `Bearer ${(await token).value}`
    },
  })
}

/** The gateway's own REST API takes the administrator's credentials themselves. */
export const gatewayClient = ({ am, ca }: Settings): RestClient =>
  new RestClient({
    product: 'API Manager',
    baseUrl: am.url,
    ca,
    authorize: async () => basic(am.username, am.password),
  })
