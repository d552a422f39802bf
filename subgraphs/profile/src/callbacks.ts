import { Fault, type Logger, type Result } from '@corridor/platform'
import { type HttpReply, jsonReply, type ServeOptions } from '@corridor/subgraph'
import { readWebhook } from './identity/webhook-changes.ts'
import type { KycProvider } from './kyc/kyc-provider.ts'
import { SANDBOX_PAGES, type SandboxKycProvider } from './kyc/sandbox-provider.ts'
import type { FollowIdentity } from './use-cases/follow-identity.ts'
import type { KycUseCases } from './use-cases/kyc-use-cases.ts'

type Routes = NonNullable<ServeOptions['routes']>
type Route = Routes[string]
type Request = Parameters<Route>[0]

export interface CallbackDeps {
  readonly kyc: KycUseCases
  readonly follow: FollowIdentity
  readonly kycProviders: readonly KycProvider[]
  readonly identityWebhookSecret: string | null
  readonly logger: Logger
}

/** The last part of the path of Identity Server's webhooks. */
export const IDENTITY_SERVER = 'identity-server'

const STATUS: Readonly<Record<string, number>> = { SIGNATURE_INVALID: 401, NOT_FOUND: 404 }
const BAD_REQUEST = 400
const UNAVAILABLE = 503

/** Callbacks are answered after their effect is committed; what fails for a while is answered 503, to be sent again. */
export function createCallbackRoutes(deps: CallbackDeps): Routes {
  const callback: Route = async (request) => {
    try {
      return replyTo(await take(deps, request))
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      deps.logger.warn({ error }, 'a callback was not taken')
      return jsonReply(UNAVAILABLE, { errors: [{ message: error.message, extensions: { code: error.code } }] })
    }
  }
  const sandbox = deps.kycProviders.find(isSandbox)
  return { 'POST /callbacks/*': callback, ...(sandbox ? pagesOf(sandbox) : {}) }
}

async function take({ kyc, follow, identityWebhookSecret }: CallbackDeps, request: Request): Promise<Result<true>> {
  const name = request.path.slice(request.path.lastIndexOf('/') + 1)
  if (name !== IDENTITY_SERVER || identityWebhookSecret === null) return kyc.takeCallback(name, request)
  const event = readWebhook(request, identityWebhookSecret)
  if (!event.ok) return event
  await follow.follow(event.value)
  return { ok: true, value: true }
}

function replyTo(taken: Result<true>): HttpReply {
  if (taken.ok) return jsonReply(200, { status: 'taken' })
  const { code, message } = taken
  return jsonReply(STATUS[code] ?? BAD_REQUEST, { errors: [{ message, extensions: { code } }] })
}

const isSandbox = (provider: KycProvider): provider is SandboxKycProvider => 'page' in provider

function pagesOf(sandbox: SandboxKycProvider): Routes {
  const serve =
    (method: 'GET' | 'POST'): Route =>
    async ({ path, body }) => {
      const { status, html } = await sandbox.page({ method, path, body })
      return { status, headers: PAGE_HEADERS, body: html }
    }
  return { [`GET ${SANDBOX_PAGES}/*`]: serve('GET'), [`POST ${SANDBOX_PAGES}/*`]: serve('POST') }
}

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
}
