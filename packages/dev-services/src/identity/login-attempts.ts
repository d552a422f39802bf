import type { Clock } from '@corridor/platform'
import { LRUCache } from 'lru-cache'

const MAX_FAILURES = 10
const WINDOW_MS = 60_000
const MAX_NAMES = 10_000

/**
 * Counts failed logins per user name, known or not. An attempt counts as failed from its beginning until it succeeds,
 * so that many at once cannot all slip through before the first has been judged.
 */
export class LoginAttempts {
  readonly #failures = new LRUCache<string, readonly number[]>({ max: MAX_NAMES })
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** False when this name has failed too often within the last minute. */
  begin(name: string): boolean {
    const now = this.#clock.now().getTime()
    const recent = (this.#failures.get(name) ?? []).filter((at) => now - at < WINDOW_MS)
    if (recent.length >= MAX_FAILURES) return false
    this.#failures.set(name, [...recent, now])
    return true
  }

  succeed(name: string): void {
    this.#failures.delete(name)
  }
}
