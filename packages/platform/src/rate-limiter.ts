import { LRUCache } from 'lru-cache'

/** How often something may be done: so many times a second in the long run, and `burst` of them at once. */
export interface RateLimit {
  readonly perSecond: number
  readonly burst: number
}

/** Counts what is done, by a key that says who does it; a key belongs to one limit. */
export interface RateLimiter {
  /** Counts one more: null, or the milliseconds until the next would be taken. What is not taken is not counted. */
  take(key: string, limit: RateLimit): number | null
  close(): Promise<void>
}

/** What is kept of a key: when all that it did would have been done, had it kept to its pace. */
export interface RateCount {
  readonly key: string
  readonly limit: RateLimit
  /** By `performance.now()`; what is past counts for nothing. */
  dueMs: number
  /** Taken, and not yet told to others. */
  untold: number
}

/** Whoever comes with more keys than this is forgotten first where he was seen least of late. */
const MAX_KEYS = 50_000

export const paceMs = ({ perSecond }: RateLimit): number => 1_000 / perSecond

/** How far ahead of its pace a key may be, in milliseconds. */
export const leadMs = (limit: RateLimit): number => limit.burst * paceMs(limit)

/**
 * The counts of one process, by the generic cell rate algorithm (ITU-T I.371): one number per key, no timer, no window
 * at whose edge twice as much would pass. `onTaken` is told of every one that was taken.
 */
export class RateCounts {
  readonly #counts = new LRUCache<string, RateCount>({ max: MAX_KEYS })

  constructor(private readonly onTaken?: (count: RateCount) => void) {}

  take(key: string, limit: RateLimit): number | null {
    const now = performance.now()
    let count = this.#counts.get(key)
    if (!count) {
      count = { key, limit, dueMs: 0, untold: 0 }
      this.#counts.set(key, count)
    }
    const dueMs = Math.max(count.dueMs, now) + paceMs(limit)
    const tooEarlyMs = dueMs - now - leadMs(limit)
    if (tooEarlyMs > 0) return tooEarlyMs
    count.dueMs = dueMs
    count.untold += 1
    this.onTaken?.(count)
    return null
  }
}

/** For one process alone. */
export function inProcessRateLimiter(): RateLimiter {
  const counts = new RateCounts()
  return { take: (key, limit) => counts.take(key, limit), close: async () => undefined }
}
