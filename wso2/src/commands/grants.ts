import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { basic } from '../am/sign-in.ts'
import type { Credentials } from '../credentials.ts'
import { ProductError } from '../http/product-error.ts'
import { RestClient } from '../http/rest-client.ts'
import { waitUntil } from '../http/wait.ts'
import type { Output } from '../output.ts'
import type { Settings } from '../settings.ts'

/** RFC 6749, section 5.1. */
export interface TokenAnswer {
  readonly access_token: string
  readonly refresh_token?: string
  readonly expires_in: number
  readonly scope?: string
}

export interface GrantContext {
  readonly settings: Settings
  readonly credentials: Credentials
  readonly scopes: readonly string[]
  readonly output: Output
}

const SIGN_IN_TIMEOUT_MS = 300_000
const VERIFIER_BYTES = 32

/** One request to the token endpoint with what the grant needs. @throws {ProductError} with OAuth's error code. */
export async function requestToken(
  context: GrantContext,
  form: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const { scopes } = context
  const scope: Record<string, string> = scopes.length === 0 ? {} : { scope: scopes.join(' ') }
  return post<TokenAnswer>(context, '/oauth2/token', { ...form, ...scope })
}

/** Authorization code with PKCE (RFC 7636): the browser comes back to this process. */
export async function authorizationCode(context: GrantContext): Promise<TokenAnswer> {
  const { settings, credentials, scopes, output } = context
  const verifier = randomBytes(VERIFIER_BYTES).toString('base64url')
  const state = randomBytes(VERIFIER_BYTES).toString('base64url')
  const address = new URL('/oauth2/authorize', settings.is.url)
  address.search = new URLSearchParams({
    response_type: 'code',
    client_id: credentials.consumerKey,
    redirect_uri: credentials.callbackUrl,
    scope: ['openid', ...scopes].join(' '),
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()
  output.line(`Sign in at:\n\n  ${address.href}\n`)
  const code = await waitForCode(new URL(credentials.callbackUrl), state)
  return post<TokenAnswer>(context, '/oauth2/token', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: credentials.callbackUrl,
    code_verifier: verifier,
  })
}

function waitForCode(callback: URL, state: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', callback)
      if (pathname !== callback.pathname) return void response.writeHead(404).end()
      const code = searchParams.get('code')
      const accepted = code !== null && searchParams.get('state') === state
      response.end(accepted ? 'Signed in. This page can be closed.' : 'This is not the sign-in that was asked for.')
      if (!accepted) return
      finish()
      resolve(code)
    })
    const timer = setTimeout(() => {
      finish()
      reject(new Error('Nobody signed in within five minutes.'))
    }, SIGN_IN_TIMEOUT_MS)
    const finish = () => {
      clearTimeout(timer)
      server.close()
    }
    server.once('error', reject)
    server.listen(Number(callback.port), 'localhost')
  })
}

interface DeviceAnswer {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly verification_uri_complete?: string
  readonly expires_in: number
  readonly interval?: number
}

/** Device authorization (RFC 8628): the user signs in elsewhere, and this process asks until he has. */
export async function device(context: GrantContext): Promise<TokenAnswer> {
  const { credentials, scopes, output } = context
  const started = await post<DeviceAnswer>(context, '/oauth2/device_authorize', {
    client_id: credentials.consumerKey,
    scope: scopes.join(' '),
  })
  output.line(`Enter ${started.user_code} at:\n\n  ${started.verification_uri_complete ?? started.verification_uri}\n`)
  let answer: TokenAnswer | undefined
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: started.device_code }
  await waitUntil(
    async () => {
      try {
        answer = await post<TokenAnswer>(context, '/oauth2/token', { ...form, client_id: credentials.consumerKey })
        return true
      } catch (error) {
        const waiting = error instanceof ProductError && /^(authorization_pending|slow_down)$/.test(error.code)
        if (!waiting) throw error
        return false
      }
    },
    { everyMs: (started.interval ?? 5) * 1_000, timeoutMs: started.expires_in * 1_000 },
  )
  if (answer === undefined) throw new Error('The code expired before anybody entered it.')
  return answer
}

async function post<T>(
  { settings, credentials }: GrantContext,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<T> {
  const client = new RestClient({
    product: 'Identity Server',
    baseUrl: settings.is.url,
    ca: settings.ca,
    authorize: async () => basic(credentials.consumerKey, credentials.consumerSecret),
  })
  try {
    return await client.send<T>({ method: 'POST', path, body: { form } })
  } finally {
    await client.close()
  }
}
