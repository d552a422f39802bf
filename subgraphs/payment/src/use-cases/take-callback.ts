import {
  accept,
  type Clock,
  inTransaction,
  isUuid,
  type Logger,
  type Pool,
  type Result,
  refuse,
  type Wakeups,
} from '@corridor/platform'
import type { HttpRequest } from '@corridor/subgraph'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import type { ProviderOutcome } from '../domain/payment.ts'
import { callbackKey } from '../providers/sandbox-provider.ts'
import { DUE_CHANNEL } from './channels.ts'

export interface CallbackDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly logger: Logger
  readonly callbackSecret: string
}

interface Told {
  readonly paymentId: string
  readonly outcome: ProviderOutcome
  readonly amountMinor: bigint
  readonly currency: string
}

/**
 * Takes a provider's word for what became of a payment: signature checked, kept once under the provider's id of the
 * event, answered after the commit. The processor then moves the money.
 */
export async function takeCallback(deps: CallbackDeps, provider: string, request: HttpRequest): Promise<Result<null>> {
  const eventId = verified(deps.callbackSecret, request)
  if (eventId === null) return refuse('SIGNATURE_INVALID')
  const told = readTold(request.body)
  if (told === null) return refuse('BAD_USER_INPUT', 'The callback names no payment and outcome.')
  const { pool, clock, wakeups, logger } = deps
  const known = await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `update payments set provider_outcome = coalesce(provider_outcome, $2),
         due_at = case when status = 'AUTHORIZED' then $3::timestamptz else due_at end
       where id = $1 and provider = $4 and to_currency = $5 and coalesce(credit_minor, asked_credit_minor) = $6`,
      [told.paymentId, told.outcome, clock.now(), provider, told.currency, told.amountMinor],
    )
    if (rowCount !== 1) return false
    await client.query(
      `insert into provider_callbacks (provider, event_id, payment_id, outcome, received_at) values ($1, $2, $3, $4, $5)
       on conflict do nothing`,
      [provider, eventId, told.paymentId, told.outcome, clock.now()],
    )
    return true
  })
  if (!known) {
    logger.error({ provider, payment: told.paymentId }, 'a provider spoke of a payment or amount that is not ours')
    return refuse('NOT_FOUND')
  }
  wakeups.wake(DUE_CHANNEL)
  return accept(null)
}

/** The id of the event, when the signature and its time hold. */
function verified(secret: string, { headers, body }: HttpRequest): string | null {
  const plain: Record<string, string> = {}
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    const value = headers[name]
    if (typeof value === 'string') plain[name] = value
  }
  try {
    new Webhook(callbackKey(secret)).verify(body, plain)
    return plain['webhook-id'] ?? null
  } catch (error) {
    if (error instanceof WebhookVerificationError) return null
    throw error
  }
}

function readTold(body: Buffer): Told | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString('utf8'))
  } catch {
    // Told to the provider as BAD_USER_INPUT: there is nothing else to keep of it.
    return null
  }
  if (typeof parsed !== 'object' || parsed === null) return null
  const { paymentId, outcome, amountMinor, currency } = parsed as Record<string, unknown> // Judged field by field.
  if (!isUuid(paymentId) || (outcome !== 'SETTLED' && outcome !== 'FAILED')) return null
  if (typeof amountMinor !== 'string' || !/^\d{1,18}$/.test(amountMinor) || typeof currency !== 'string') return null
  return { paymentId, outcome, amountMinor: BigInt(amountMinor), currency }
}
