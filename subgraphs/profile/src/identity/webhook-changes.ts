import { createHmac, timingSafeEqual } from 'node:crypto'
import { accept, isUuid, type Result, refuse } from '@corridor/platform'
import { member, textMember } from '../far-side/request-json.ts'
import type { IdentityChange } from './identity-directory.ts'

export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

const SIGNATURE_HEADER = 'x-hub-signature'
const SIGNATURE = /^sha256=([0-9a-f]{64})$/i

/**
 * A webhook of Identity Server 7.2: a set of events, as a Security Event Token without its envelope (`iss`, `jti`, `iat`,
 * `events` by the URI of their type), signed in `x-hub-signature` with HMAC-SHA256 under the webhook's secret (W3C WebSub,
 * section 8). An event is a hint alone: what a user is now is asked for, so that repeated and late ones do no
 * harm. `SIGNATURE_INVALID` for any other sender.
 */
export function readWebhook(request: WebhookRequest, secret: string): Result<readonly IdentityChange[]> {
  if (!isSigned(request, secret)) return refuse('SIGNATURE_INVALID')
  const token = parse(request.body)
  const events = member(token, 'events')
  if (typeof events !== 'object' || events === null) return refuse('BAD_USER_INPUT', 'There are no events in it.')
  const ids = Object.values(events)
    .map((event) => textMember(member(event, 'user'), 'id'))
    .filter((userId): userId is string => userId !== null && isUuid(userId))
  return accept([...new Set(ids)].map((userId) => ({ userId })))
}

function isSigned({ headers, body }: WebhookRequest, secret: string): boolean {
  const header = headers[SIGNATURE_HEADER]
  const given = SIGNATURE.exec(typeof header === 'string' ? header : '')?.[1]
  if (given === undefined) return false
  return timingSafeEqual(Buffer.from(given, 'hex'), createHmac('sha256', secret).update(body).digest())
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // Refused by the caller as one without events.
    return null
  }
}
