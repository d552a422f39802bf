import type { Clock } from '@corridor/platform'
import { LRUCache } from 'lru-cache'

const MAX_FAILURES = 10
const WINDOW_MS = 60_000
const MAX_NAMES = 10_000
const MAX_WAITING_PER_NAME = 100

interface Turns {
  last: Promise<unknown>
  waiting: number
}

/**
 * Counts failed logins per user name, known or not. The attempts of one name are judged one after another, so that many
 * at once cannot all slip through before the first has failed, and many right ones at once are all let in.
 */
export class LoginAttempts {
  readonly #failures = new LRUCache<string, readonly number[]>({ max: MAX_NAMES })
  readonly #turns = new Map<string, Turns>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What `judge` says of the attempt; blocked, unasked, when this name has failed too often within the last minute. */
  async attempt(name: string, judge: () => Promise<boolean>): Promise<'accepted' | 'wrong' | 'blocked'> {
    const turns = this.#turns.get(name) ?? { last: Promise.resolve(), waiting: 0 }
    if (turns.waiting >= MAX_WAITING_PER_NAME) return 'blocked'
    turns.waiting += 1
    this.#turns.set(name, turns)
    const now = () => this.#judge(name, judge)
    const turn = turns.last.then(now, now) // The one before has its own caller, who hears of its failure.
    turns.last = turn
    try {
      return await turn
    } finally {
      turns.waiting -= 1
      if (turns.waiting === 0) this.#turns.delete(name)
    }
  }

  async #judge(name: string, judge: () => Promise<boolean>): Promise<'accepted' | 'wrong' | 'blocked'> {
    const at = this.#clock.now().getTime()
    const recent = (this.#failures.get(name) ?? []).filter((earlier) => at - earlier < WINDOW_MS)
    if (recent.length >= MAX_FAILURES) return 'blocked'
    if (await judge()) {
      this.#failures.delete(name)
      return 'accepted'
    }
    this.#failures.set(name, [...recent, at])
    return 'wrong'
  }
}
