import { accept, type Result, refuse } from '@corridor/platform'
import { ARRIVED_STATUSES, PAYMENT_STATUSES, type PaymentStatus } from '../domain/payment.ts'
import { isPublicAddress } from './public-address.ts'

/** An endpoint of a customer's. Its secret is never part of it. */
export interface Webhook {
  readonly id: string
  readonly owner: string
  readonly url: string
  /** Event types that it wants; empty: all. */
  readonly events: readonly string[]
}

export type DeliveryStatus = 'PENDING' | 'DELIVERED' | 'DEAD'

/** One telling of one event to one endpoint. */
export interface WebhookDelivery {
  readonly id: string
  readonly number: bigint
  readonly eventType: string
  readonly status: DeliveryStatus
  readonly attempts: number
  readonly lastError: string | null
  readonly nextAttemptAt: Date | null
}

export const MAX_WEBHOOKS = 20
const MAX_URL_LENGTH = 2_048

const eventType = (status: PaymentStatus): string => `payment.${status.toLowerCase()}`

/** Every event of payments, by the state that it tells of. */
const EVENT_TYPES = PAYMENT_STATUSES.map(eventType)

/** What a payee is told of: what has reached him. */
const ARRIVED: ReadonlySet<string> = new Set(ARRIVED_STATUSES.map(eventType))

/** Whom an event is told: the payer everything, the payee what has reached him. */
export function toldOf(event: { type: string; payer: string; payee: string | null }): string[] {
  const { type, payer, payee } = event
  return payee !== null && payee !== payer && ARRIVED.has(type) ? [payer, payee] : [payer]
}

/**
 * Seconds between two attempts, as Standard Webhooks 1.0.0 recommends them ("Retries"): about a day in all. After the
 * last the delivery is dead, until it is replayed.
 */
export const RETRY_AFTER_S = [5, 300, 1_800, 7_200, 18_000, 36_000, 21_600]

export const MAX_ATTEMPTS = RETRY_AFTER_S.length + 1

/** When to try again after that many attempts; null: not by itself. */
export function nextAttemptAt(attempts: number, now: Date): Date | null {
  const seconds = RETRY_AFTER_S[attempts - 1]
  return seconds === undefined ? null : new Date(now.getTime() + seconds * 1_000)
}

/**
 * Judges what a customer wants to be told, and where. A name is judged again, by the addresses it leads to, at every
 * delivery.
 */
export function judgeWebhook(
  input: { readonly url: string; readonly events: readonly string[] },
  { allowPrivate }: { readonly allowPrivate: boolean },
): Result<{ url: string; events: readonly string[] }> {
  const url = URL.canParse(input.url) ? new URL(input.url) : null
  if (url === null || input.url.length > MAX_URL_LENGTH) {
    return refuse('BAD_USER_INPUT', `url must be a URL of at most ${MAX_URL_LENGTH} characters.`, 'url')
  }
  const isHttps = url.protocol === 'https:' || (allowPrivate && url.protocol === 'http:')
  if (!isHttps) return refuse('BAD_USER_INPUT', 'url must begin with https://.', 'url')
  if (url.username !== '' || url.password !== '')
    return refuse('BAD_USER_INPUT', 'url must hold no credentials.', 'url')
  if (!allowPrivate && !mayLeadOutside(url.hostname)) {
    return refuse('BAD_USER_INPUT', 'url must lead to a public address.', 'url')
  }
  const unknown = input.events.find((type) => !EVENT_TYPES.includes(type))
  if (unknown !== undefined) {
    return refuse('BAD_USER_INPUT', `events must be among ${EVENT_TYPES.join(', ')}.`, 'events')
  }
  return accept({ url: url.href, events: [...new Set(input.events)].sort() })
}

/** False for what is private on its face: an address, or a name that only this machine or network knows. */
function mayLeadOutside(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (/^[\d.]+$|:/.test(host)) return isPublicAddress(host)
  return host.includes('.') && !/\.(localhost|local|internal|home|lan)$/.test(host)
}
