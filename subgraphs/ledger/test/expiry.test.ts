import { testClock } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { capture, hold, release, TestBooks } from './books.ts'

const clock = testClock()
let books: TestBooks
beforeAll(async () => {
  books = await TestBooks.open({ clock })
})
afterAll(() => books.close())

const MINUTE_MS = 60_000
const inOneMinute = () => new Date(clock.now().getTime() + MINUTE_MS)

const resolutionOf = async (holdId: string) =>
  (await books.ledger.pool.query('select action, created_at from transfers where resolves = $1', [holdId])).rows[0]

describe('holds that expire', () => {
  it('are released at their time by a row of their own, which says when', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const [pending, other] = [hold(from, to, 60n, 'USD', inOneMinute()), hold(from, to, 40n, 'USD', inOneMinute())]
    await books.post([pending])
    await books.post([other])
    clock.advanceMs(MINUTE_MS - 1)
    await books.ledger.holdExpiry.round()
    expect(await books.balance(from)).toMatchObject({ held: 100n })
    clock.advanceMs(1)
    await books.ledger.holdExpiry.round()
    expect(await books.balance(from)).toEqual({ posted: 100n, held: 0n, incoming: 0n })
    expect(await books.balance(to)).toEqual({ posted: 0n, held: 0n, incoming: 0n })
    expect(await resolutionOf(pending.id)).toEqual({ action: 'EXPIRE', created_at: clock.now() })
    expect(await books.refusal([capture(other.id)])).toBe('HOLD_RESOLVED')
  })

  it('are released once, however many servers look at once', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    await books.post(Array.from({ length: 16 }, () => hold(from, to, 6n, 'USD', inOneMinute())))
    clock.advanceMs(MINUTE_MS)
    await Promise.all(Array.from({ length: 4 }, () => books.ledger.holdExpiry.round()))
    expect(await books.balance(from)).toEqual({ posted: 100n, held: 0n, incoming: 0n })
  })

  it('are left alone once they were posted or voided', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const [posted, voided] = [hold(from, to, 30n, 'USD', inOneMinute()), hold(from, to, 30n, 'USD', inOneMinute())]
    await books.post([posted, voided])
    await books.post([capture(posted.id, 10n), release(voided.id)])
    const atOnce = hold(from, to, 30n, 'USD', inOneMinute())
    await books.post([atOnce, release(atOnce.id)])
    expect((await books.ledger.pool.query('select * from expiring_holds')).rows).toEqual([])
    clock.advanceMs(MINUTE_MS)
    const before = await books.count('transfers')
    await books.ledger.holdExpiry.round()
    expect(await books.count('transfers')).toBe(before)
  })

  it('never expire without a time: those of payments', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    await books.post([hold(from, to, 100n)])
    clock.advanceMs(365 * 24 * 60 * MINUTE_MS)
    await books.ledger.holdExpiry.round()
    expect(await books.balance(from)).toMatchObject({ held: 100n })
  })

  it('expire with all legs of their conversion, which have one time', async () => {
    const [usd, inr] = [await books.wallet('USD', 100n), await books.wallet('INR')]
    const at = inOneMinute()
    const legs = [hold(usd, 'fx.position', 100n, 'USD', at), hold('fx.position', inr, 8_000n, 'INR', at)]
    expect(await books.refusal([hold(usd, 'fx.position', 1n), hold('fx.position', inr, 8n, 'INR', at)])).toBe(
      'CONFLICT',
    )
    await books.post(legs)
    clock.advanceMs(MINUTE_MS)
    await books.ledger.holdExpiry.round()
    expect(await books.balance(usd)).toEqual({ posted: 100n, held: 0n, incoming: 0n })
    expect(await books.balance(inr)).toEqual({ posted: 0n, held: 0n, incoming: 0n })
  })

  it('are released on a frozen account too', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    await books.post([hold(from, to, 100n, 'USD', inOneMinute())])
    await books.ledger.useCases.setAccountStatus({ id: from, status: 'FROZEN' })
    clock.advanceMs(MINUTE_MS)
    await books.ledger.holdExpiry.round()
    expect(await books.balance(from)).toMatchObject({ held: 0n })
  })

  it('are not expired before their time, whoever asks', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const pending = hold(from, to, 100n, 'USD', inOneMinute())
    await books.post([pending])
    clock.advanceMs(MINUTE_MS)
    const due = books.ledger.holdExpiry.round()
    clock.advanceMs(-MINUTE_MS)
    await due
    expect(await books.balance(from)).toMatchObject({ held: 100n })
    clock.advanceMs(MINUTE_MS)
    await books.ledger.holdExpiry.round()
    expect(await books.balance(from)).toMatchObject({ held: 0n })
  })
})
