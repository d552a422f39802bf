import type { Clock } from '@corridor/platform'

/** A clock that stands still until it is moved. */
export interface TestClock extends Clock {
  set(now: Date): void
  advanceMs(ms: number): void
}

export function testClock(start: Date = new Date('2026-11-02T12:00:00.000Z')): TestClock {
  let now = start
  return {
    now: () => now,
    set: (next) => {
      now = next
    },
    advanceMs: (ms) => {
      now = new Date(now.getTime() + ms)
    },
  }
}
