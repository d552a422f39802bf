import { randomUUID } from 'node:crypto'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Wakeups } from '../src/index.ts'

const WAIT = { timeout: 30_000 }

/** What holds of all wake-ups. `createPair` answers the two ends: what one wakes, the other is woken by. */
export function describeWakeups(name: string, createPair: () => readonly [Wakeups, Wakeups]): void {
  const opened = () => {
    const [waking, woken] = createPair()
    onTestFinished(async () => {
      await waking.close()
      await woken.close()
    })
    return { waking, woken }
  }
  /** A wake may be lost until the subscription stands: it is repeated until one arrives. */
  const wakeUntil = (waking: Wakeups, channel: string, seen: () => number): Promise<void> =>
    vi.waitFor(() => {
      waking.wake(channel)
      expect(seen()).toBeGreaterThan(0)
    }, WAIT)

  describe(name, () => {
    it('reach every subscriber of the channel', async () => {
      const { waking, woken } = opened()
      const channel = randomUUID()
      const [first, second] = [vi.fn(), vi.fn()]
      woken.subscribe(channel, first)
      woken.subscribe(channel, second)
      await wakeUntil(waking, channel, () => Math.min(first.mock.calls.length, second.mock.calls.length))
    })

    it('do not reach those of other channels, nor those who left', async () => {
      const { waking, woken } = opened()
      const [channel, otherChannel] = [randomUUID(), randomUUID()]
      const [staying, leaving, other] = [vi.fn(), vi.fn(), vi.fn()]
      woken.subscribe(otherChannel, other)
      woken.subscribe(channel, staying)
      const leave = woken.subscribe(channel, leaving)
      await wakeUntil(waking, channel, () => leaving.mock.calls.length)
      leave()
      const before = { left: leaving.mock.calls.length, stayed: staying.mock.calls.length }
      await wakeUntil(waking, channel, () => staying.mock.calls.length - before.stayed)
      expect(leaving).toHaveBeenCalledTimes(before.left)
      expect(other).not.toHaveBeenCalled()
    })

    it('send many wakes of one moment as few, the last one never dropped', async () => {
      const { waking, woken } = opened()
      const channel = randomUUID()
      const onWake = vi.fn()
      woken.subscribe(channel, onWake)
      await wakeUntil(waking, channel, () => onWake.mock.calls.length)
      const before = onWake.mock.calls.length
      for (let count = 0; count < 1_000; count += 1) waking.wake(channel)
      await vi.waitFor(() => expect(onWake.mock.calls.length).toBeGreaterThan(before), WAIT)
      expect(onWake.mock.calls.length - before).toBeLessThan(100)
    })
  })
}
