import type { IncomingMessage } from 'node:http'
import { type Caller, ERROR_MESSAGES, type RateLimit, type RateLimiter } from '@corridor/platform'
import { clientAddress } from './client-address.ts'
import { errorReply, type Reply } from './http.ts'
import type { RouterLimits } from './limits.ts'

/** Counts requests; each method counts one more and answers null, or after how many milliseconds it may come again. */
export interface RequestLimits {
  ofAddress(address: string): number | null
  /** Nobody is counted by his address alone. */
  ofCaller(caller: Caller): number | null
  addressOf(request: IncomingMessage): string
}

/** What may be done at once is what may be done in so many seconds. */
const BURST_SECONDS = 10

export function createRequestLimits(input: {
  limiter: RateLimiter
  limits: RouterLimits
  trustedProxies: number
}): RequestLimits {
  const { limiter, limits, trustedProxies } = input
  const caller = limitOf(limits.callerRequestsPerSecond)
  const address = limitOf(limits.addressRequestsPerSecond)
  return {
    addressOf: (request) => clientAddress(request, trustedProxies),
    ofAddress: (of) => limiter.take(`address:${of}`, address),
    ofCaller(of) {
      const key = callerKey(of)
      return key === null ? null : limiter.take(key, caller)
    },
  }
}

const limitOf = (perSecond: number): RateLimit => ({ perSecond, burst: Math.ceil(perSecond * BURST_SECONDS) })

/** A user, whatever applications he uses, or an application that calls for itself; null for nobody. */
export function callerKey({ subject, clientId }: Caller): string | null {
  if (subject !== null) return `user:${subject}`
  return clientId === null ? null : `application:${clientId}`
}

/** 429, and when to come again. */
export function tooManyRequests(waitMs: number, traceId?: string): Reply {
  const refused = errorReply(429, 'TOO_MANY_REQUESTS', ERROR_MESSAGES.TOO_MANY_REQUESTS, traceId)
  return { ...refused, headers: { ...refused.headers, 'retry-after': retryAfter(waitMs) } }
}

/** In whole seconds, as the header wants it (RFC 9110, 10.2.3). */
export const retryAfter = (waitMs: number): string => String(Math.max(1, Math.ceil(waitMs / 1_000)))
