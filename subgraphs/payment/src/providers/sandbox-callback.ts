import { isUuid } from '@corridor/platform'
import { parseCurrency } from '@corridor/subgraph'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { PROVIDER_WORDS } from '../domain/provider-word.ts'
import type { CallbackReader, CallbackRequest, Told } from './callback-reader.ts'
import { callbackKey } from './sandbox-provider.ts'

/** Reads the sandbox's callbacks, signed by Standard Webhooks. */
export const sandboxCallbackReader =
  (secret: string): CallbackReader =>
  async (request) => {
    const eventId = verified(secret, request)
    if (eventId === null) return { read: 'unsigned' }
    const told = readTold(request.body)
    return told === null ? { read: 'malformed' } : { read: 'told', told: { ...told, eventId } }
  }

/** The id of the event, when the signature and its time hold. */
function verified(secret: string, { headers, body }: CallbackRequest): string | null {
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

function readTold(body: Buffer): Omit<Told, 'eventId'> | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString('utf8'))
  } catch {
    // Told to the provider as BAD_USER_INPUT: there is nothing else to keep of it.
    return null
  }
  if (typeof parsed !== 'object' || parsed === null) return null
  const { paymentId: subjectId, outcome, amountMinor, currency } = parsed as Record<string, unknown> // Judged field by field.
  const word = PROVIDER_WORDS.find((known) => known === outcome)
  if (!isUuid(subjectId) || word === undefined) return null
  if (typeof amountMinor !== 'string' || !/^[1-9]\d{0,17}$/.test(amountMinor)) return null
  if (typeof currency !== 'string' || !parseCurrency(currency, 'currency').ok) return null
  return { subjectId, word, amountMinor: BigInt(amountMinor), currency }
}
