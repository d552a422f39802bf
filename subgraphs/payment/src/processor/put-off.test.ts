import { Fault, silentLogger } from '@corridor/platform'
import { testClock } from '@corridor/testing'
import { expect, it } from 'vitest'
import type { Payment } from '../domain/payment.ts'
import type { LedgerPort } from '../use-cases/ports.ts'
import { putOff } from './put-off.ts'

const clock = testClock()
const QUARTER_OF_AN_HOUR_MS = 900_000
const late = {
  id: '00000000-0000-4000-8000-000000000001',
  status: 'PENDING',
  createdAt: clock.now(),
  scheduledFor: null,
  attempts: 9,
} as Partial<Payment> as Payment // What is looked at of one that is put off.

it('is not given up while the ledger does not say that nothing was posted, be it away or at fault', async () => {
  clock.advanceMs(QUARTER_OF_AN_HOUR_MS)
  const ledger = (error: Error | null): LedgerPort => ({
    post: async () => [],
    retire: async (ids) => {
      if (error) throw error
      return ids.map(() => false)
    },
  })
  const after = async (error: Error | null) =>
    (await putOff({ clock, logger: silentLogger, ledger: ledger(error) }, [late], new Error('as it was')))[0]?.status
  for (const retryable of [true, false]) {
    expect(await after(new Fault('SERVICE_UNAVAILABLE', 'no answer', { retryable }))).toBe('PENDING')
  }
  expect(await after(null)).toBe('FAILED')
})
