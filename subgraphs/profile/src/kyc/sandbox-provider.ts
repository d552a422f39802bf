import { accept, type Clock, isUuid, type Logger, refuse, uuidv7 } from '@corridor/platform'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { request as send } from 'undici'
import type { KycFinding } from '../domain/kyc.ts'
import { textMember } from '../far-side/request-json.ts'
import type { KycProvider } from './kyc-provider.ts'
import { sandboxPage } from './sandbox-page.ts'

export interface SandboxKycOptions {
  /** Where the platform takes callbacks: http://localhost:4000/callbacks/sandbox-kyc */
  readonly callbackUrl: string
  readonly callbackSecret: string
  /** Where this service serves the hosted page: http://localhost:8004 */
  readonly pageUrl: string
  readonly clock: Clock
  readonly logger: Logger
}

export interface PageRequest {
  readonly path: string
  readonly body: Buffer
}

export interface Page {
  readonly status: number
  readonly html: string
}

export interface SandboxKycProvider extends KycProvider {
  /** The hosted page of a check, and what its buttons do. */
  page(request: PageRequest & { readonly method: 'GET' | 'POST' }): Promise<Page>
}

export const SANDBOX_KYC = 'sandbox-kyc'
export const SANDBOX_PAGES = '/sandbox-kyc'
const FINDINGS: readonly KycFinding[] = ['CLEAR', 'REJECTED', 'ATTENTION']
const CALLBACK_TIMEOUT_MS = 5_000
const OK = 200

/**
 * A provider for development: its hosted page lets one choose what it finds, and then it calls back through the router as
 * a real one would, signed as Standard Webhooks says. It keeps nothing: a check's reference is our own id of it.
 */
export function sandboxKycProvider(options: SandboxKycOptions): SandboxKycProvider {
  const { callbackUrl, callbackSecret, pageUrl, clock, logger } = options
  const webhook = new Webhook(Buffer.from(callbackSecret).toString('base64'))

  const callBack = async (reference: string, finding: KycFinding): Promise<number> => {
    const id = `sandbox-kyc-${uuidv7()}`
    const now = clock.now()
    const body = JSON.stringify({ id, reference, finding })
    const answer = await send(callbackUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': webhook.sign(id, now, body),
      },
      body,
      headersTimeout: CALLBACK_TIMEOUT_MS,
      bodyTimeout: CALLBACK_TIMEOUT_MS,
    })
    await answer.body.dump()
    return answer.statusCode
  }

  return {
    name: SANDBOX_KYC,
    start: async ({ checkId }) => ({ reference: checkId, redirectUrl: `${pageUrl}${SANDBOX_PAGES}/${checkId}` }),
    async read({ headers, body }) {
      try {
        const text = (name: string): string => String(headers[name] ?? '')
        const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
        webhook.verify(body.toString('utf8'), Object.fromEntries(names.map((name) => [name, text(name)])))
      } catch (error) {
        if (error instanceof WebhookVerificationError) return refuse('SIGNATURE_INVALID')
        throw error
      }
      const event: unknown = JSON.parse(body.toString('utf8')) // Our own words: they are signed.
      const finding = FINDINGS.find((each) => each === textMember(event, 'finding')) ?? null
      const eventId = textMember(event, 'id') ?? ''
      return accept({ eventId, reference: textMember(event, 'reference') ?? '', finding })
    },
    async page({ method, path, body }) {
      const reference = path.slice(path.lastIndexOf('/') + 1)
      if (!isUuid(reference)) return { status: 404, html: sandboxPage({ message: 'There is no such check.' }) }
      if (method === 'GET') return { status: OK, html: sandboxPage({}) }
      const chosen = new URLSearchParams(body.toString('utf8')).get('finding')
      const finding = FINDINGS.find((each) => each === chosen)
      if (!finding) return { status: 400, html: sandboxPage({ message: 'Choose one of the findings.' }) }
      const status = await callBack(reference, finding)
      logger.info({ check: reference, finding, status }, 'sandbox: identity check called back')
      const message = status === OK ? 'Done. You may close this page.' : `The platform answered with status ${status}.`
      return { status: OK, html: sandboxPage({ message }) }
    },
  }
}
