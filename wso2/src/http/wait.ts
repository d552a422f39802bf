import { setTimeout as delay } from 'node:timers/promises'
import { ProductError } from './product-error.ts'

export interface Pace {
  /** Between two attempts; grows by half each time, up to ten times. */
  readonly everyMs: number
  readonly timeoutMs: number
}

const GROWTH = 1.5
const MAX_GROWTH = 10

/** Asks until the answer is true. @returns whether it was before the time was up. */
export async function waitUntil(holds: () => Promise<boolean>, { everyMs, timeoutMs }: Pace): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (let pause = everyMs; ; pause = Math.min(pause * GROWTH, everyMs * MAX_GROWTH)) {
    if (await holds()) return true
    if (performance.now() + pause > deadline) return false
    await delay(pause)
  }
}

/** Refusals that pass by themselves: a key manager that was made a moment ago is not yet known everywhere. */
const PASSING = new Set(['900967', 'UNREACHABLE'])
const PASSING_STATUSES = new Set([502, 503, 504])

/** Does it, and again while the refusal is one that passes by itself. The last refusal is thrown. */
export async function withRetries<T>(action: () => Promise<T>, pace: Pace): Promise<T> {
  let result: { value: T } | undefined
  let last: unknown
  await waitUntil(async () => {
    try {
      result = { value: await action() }
      return true
    } catch (error) {
      if (!isPassing(error)) throw error
      last = error
      return false
    }
  }, pace)
  if (result === undefined) throw last
  return result.value
}

const isPassing = (error: unknown): boolean =>
  error instanceof ProductError && (PASSING.has(error.code) || PASSING_STATUSES.has(error.status))
