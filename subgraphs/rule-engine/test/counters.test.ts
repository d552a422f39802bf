import { uuidv7 } from '@corridor/platform'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PERIODS, type Period, windowStart } from '../src/domain/windows.ts'
import { rebuildCounters } from '../src/index.ts'
import { NOON, payment, RulesFixture } from './fixture.ts'

let fixture: RulesFixture

beforeAll(async () => {
  fixture = await RulesFixture.start()
})
afterAll(() => fixture.close())

const end = (payer: string, { subjectId }: { subjectId: string }, type: string, eventId = uuidv7()): Promise<void> =>
  fixture.deliver('payment.events', subjectId, type, { payer }, eventId)

describe('limits', () => {
  it('count what was decided before in the same group', async () => {
    const id = await fixture.customer()
    const results = await fixture.decide([payment(id, 50_000), payment(id, 50_000), payment(id, 0.01)])
    expect(results.map(({ outcome }) => outcome)).toEqual(['APPROVE', 'APPROVE', 'DECLINE'])
  })

  it('are never passed by payments that are decided at once, on whichever instance', async () => {
    const id = await fixture.customer()
    const instances = [fixture.rules, await fixture.anotherInstance()]
    const results = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        fixture.decide([payment(id, 20_000)], { on: instances[index % 2] ?? fixture.rules }),
      ),
    )
    expect(results.flat().filter(({ outcome }) => outcome === 'APPROVE')).toHaveLength(5)
    expect((await fixture.windows(id)).DAY).toEqual([5, 10_000_000n])
  })

  it('are never passed by groups that name the same customers in another order', async () => {
    const ids = await Promise.all(Array.from({ length: 4 }, () => fixture.customer()))
    const group = (order: readonly string[]) => fixture.decide(order.map((id) => payment(id, 30_000)))
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) => group(index % 2 === 0 ? ids : ids.toReversed())),
    )
    expect(results.flat().filter(({ outcome }) => outcome === 'APPROVE')).toHaveLength(ids.length * 3)
    for (const id of ids) expect((await fixture.windows(id)).DAY).toEqual([3, 9_000_000n])
  })

  it('are given back by a payment that comes to nothing, once, and kept by one that completes', async () => {
    const id = await fixture.customer()
    const [failing, completing] = [payment(id, 40_000), payment(id, 30_000)]
    await fixture.decide([failing, completing])
    const eventId = uuidv7()
    await end(id, failing, 'payment.failed', eventId)
    await end(id, failing, 'payment.failed', eventId)
    await end(id, failing, 'payment.failed')
    await end(id, completing, 'payment.completed')
    await end(id, completing, 'payment.failed')
    const one = [1, 3_000_000n]
    expect(await fixture.windows(id)).toEqual({ HOUR: one, DAY: one, MONTH: one, EVER: one })
  })

  it.each(['payment.declined', 'payment.failed', 'payment.cancelled'])('are given back by %s', async (type) => {
    const id = await fixture.customer()
    const reviewed = payment(id, 40_000)
    await fixture.decide([reviewed])
    await end(id, reviewed, type)
    expect((await fixture.windows(id)).DAY).toEqual([0, 0n])
  })

  it('are not taken by a payment that was given up before it was decided', async () => {
    const id = await fixture.customer()
    const late = payment(id, 40_000)
    await end(id, late, 'payment.failed')
    expect(await fixture.decide([late])).toMatchObject([{ outcome: 'APPROVE' }])
    expect(await fixture.windows(id)).toEqual({})
  })

  it('of a day and a month begin anew in UTC', async () => {
    const id = await fixture.customer({ timeZone: 'UTC' })
    const outcomeAt = async (at: string): Promise<string | undefined> => {
      fixture.clock.set(new Date(at))
      const [result] = await fixture.decide([payment(id, 50_000)])
      fixture.clock.set(NOON)
      return result?.outcome
    }
    expect(await outcomeAt('2026-11-30T12:00:00.000Z')).toBe('APPROVE')
    expect(await outcomeAt('2026-11-30T12:00:00.000Z')).toBe('APPROVE')
    expect(await outcomeAt('2026-11-30T23:59:59.999Z')).toBe('DECLINE')
    expect(await outcomeAt('2026-12-01T00:00:00.000Z')).toBe('APPROVE')
    expect(await fixture.windows(id)).toMatchObject({ MONTH: [1, 5_000_000n], EVER: [3, 15_000_000n] })
  })
})

type Step = {
  readonly cents: number
  readonly hours: number
  readonly ends: 'completed' | 'failed' | 'cancelled' | null
}

const step: fc.Arbitrary<Step> = fc.record({
  cents: fc.integer({ min: 1, max: 2_000_000 }),
  hours: fc.integer({ min: 0, max: 40 }),
  ends: fc.constantFrom('completed', 'failed', 'cancelled', null),
})

/** Window by window, as they lie in the table. */
async function everyWindow(customerId: string): Promise<Record<string, string>> {
  const { rows } = await fixture.rules.pool.query<{
    period: Period
    starts_at: Date
    payments: number
    usd_minor: bigint
  }>('select period, starts_at, payments, usd_minor from usage_windows where customer_id = $1 and payments <> 0', [
    customerId,
  ])
  return Object.fromEntries(
    rows.map((row) => [`${row.period} ${row.starts_at.toISOString()}`, `${row.payments} of ${row.usd_minor}`]),
  )
}

describe('counters', () => {
  it('are what the events add up to, counted one by one, and a rebuild changes none of them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const id = await fixture.customer()
        const sums = new Map<string, { payments: number; cents: number }>()
        let at = NOON.getTime()
        for (const { cents, hours, ends } of steps) {
          at += hours * 3_600_000
          fixture.clock.set(new Date(at))
          const sent = payment(id, 0, { amountUsdMinor: String(cents) })
          const [result] = await fixture.decide([sent])
          if (ends) await end(id, sent, `payment.${ends}`)
          if (result?.outcome === 'DECLINE' || ends === 'failed' || ends === 'cancelled') continue
          for (const period of PERIODS) {
            const key = `${period} ${windowStart(period, new Date(at)).toISOString()}`
            const before = sums.get(key) ?? { payments: 0, cents: 0 }
            sums.set(key, { payments: before.payments + 1, cents: before.cents + cents })
          }
        }
        fixture.clock.set(NOON)
        const expected = Object.fromEntries([...sums].map(([key, sum]) => [key, `${sum.payments} of ${sum.cents}`]))
        expect(await everyWindow(id)).toEqual(expected)
        expect((await rebuildCounters(fixture.rules.pool)).corrected).toBe(0)
        expect(await everyWindow(id)).toEqual(expected)
      }),
      { numRuns: 25 },
    )
  })

  it('that were lost or wrong are rebuilt from the events', async () => {
    const id = await fixture.customer()
    await fixture.decide([payment(id, 100), payment(id, 200)])
    const right = await everyWindow(id)
    await fixture.rules.pool.query(
      `with lost as (delete from usage_windows where customer_id = $1 and period = 'DAY'),
            invented as (insert into usage_windows values ($1, 'HOUR', '2020-01-01T00:00Z', 3, 300))
       update usage_windows set payments = 9 where customer_id = $1 and period = 'MONTH'`,
      [id],
    )
    expect(await rebuildCounters(fixture.rules.pool)).toMatchObject({ corrected: 3 })
    expect(await everyWindow(id)).toEqual(right)
  })

  it('are right, and no limit is passed, while payments are decided, come to nothing and are recounted at once', async () => {
    const id = await fixture.customer()
    const decideAndEnd = async (type: string | null): Promise<void> => {
      const sent = payment(id, 20_000)
      await fixture.decide([sent])
      if (type) await end(id, sent, type)
    }
    const endings = ['payment.failed', 'payment.completed', 'payment.cancelled', null]
    await Promise.all([
      ...Array.from({ length: 24 }, (_, index) => decideAndEnd(endings[index % endings.length] ?? null)),
      ...Array.from({ length: 3 }, () => rebuildCounters(fixture.rules.pool)),
    ])
    const [payments = 0, usdMinor] = (await fixture.windows(id)).DAY ?? []
    expect(payments).toBeLessThanOrEqual(5)
    expect(usdMinor).toBe(BigInt(payments) * 2_000_000n)
    expect(await rebuildCounters(fixture.rules.pool)).toMatchObject({ corrected: 0 })
  })
})
