import { uuidv7 } from '@corridor/platform'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { capture, hold, move, release, TestBooks } from './books.ts'

let books: TestBooks
beforeAll(async () => {
  books = await TestBooks.open()
})
afterAll(() => books.close())

describe('immediate transfers', () => {
  it('moves the whole available balance and not one minor unit more', async () => {
    const [from, to] = [await books.wallet('USD', 500n), await books.wallet()]
    expect(await books.refusal([move(from, to, 501n)])).toBe('INSUFFICIENT_FUNDS')
    expect(await books.refusal([move(from, to, 500n)])).toBe('POSTED')
    expect(await books.balance(from)).toMatchObject({ posted: 0n })
    expect(await books.balance(to)).toMatchObject({ posted: 500n })
  })

  it('lets the accounts of the house go below zero', async () => {
    const to = await books.wallet('KWD', 1_250n)
    expect(await books.balance(to)).toMatchObject({ posted: 1_250n })
  })

  it('posts the transfers of a journal together or not at all', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const before = await books.count('transfers')
    const result = await books.post([move(from, to, 60n), move(from, to, 60n)])
    expect(result).toMatchObject({ status: 'REFUSED', code: 'INSUFFICIENT_FUNDS', transferIndex: 1 })
    expect(await books.count('transfers')).toBe(before)
    expect(await books.balance(from)).toMatchObject({ posted: 100n })
  })

  it('converts through the position of the house in both currencies', async () => {
    const [usd, inr] = [await books.wallet('USD', 1_000n), await books.wallet('INR')]
    const result = await books.post([
      move(usd, 'fx.position', 900n),
      move('fx.position', inr, 75_000n, 'INR'),
      move(usd, 'income.fees', 5n),
    ])
    expect(result.status).toBe('POSTED')
    expect(await books.balance(usd)).toMatchObject({ posted: 95n })
    expect(await books.balance(inr)).toMatchObject({ posted: 75_000n })
  })
})

describe('refusals', () => {
  it('answers each with its code, in the documented order', async () => {
    const [usd, inr] = [await books.wallet('USD', 100n), await books.wallet('INR')]
    expect(await books.refusal([])).toBe('BAD_USER_INPUT')
    expect(await books.refusal(Array.from({ length: 17 }, () => move(usd, 'income.fees', 1n)))).toBe('BATCH_TOO_LARGE')
    expect(await books.refusal([move(usd, usd, 0n)])).toBe('AMOUNT_NOT_POSITIVE')
    expect(await books.refusal([move(usd, usd, -1n)])).toBe('AMOUNT_NOT_POSITIVE')
    expect(await books.refusal([move(usd, usd, 10n ** 30n)])).toBe('LIMIT_EXCEEDED')
    expect(await books.refusal([move(usd, usd, 1n)])).toBe('ACCOUNTS_NOT_DISTINCT')
    expect(await books.refusal([move(usd, uuidv7(), 1n)])).toBe('ACCOUNT_NOT_FOUND')
    expect(await books.refusal([move(usd, inr, 1n)])).toBe('CURRENCY_MISMATCH')
  })

  it('refuses new debits and credits of a frozen account, and still resolves what is pending', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const pending = hold(from, to, 40n)
    await books.post([pending])
    await books.ledger.useCases.setAccountStatus({ id: from, status: 'FROZEN' })
    expect(await books.refusal([move(from, to, 1n)])).toBe('ACCOUNT_FROZEN')
    expect(await books.refusal([move(to, from, 1n)])).toBe('ACCOUNT_FROZEN')
    expect(await books.refusal([capture(pending.id)])).toBe('POSTED')
  })

  it('closes an empty account alone, for ever', async () => {
    const [from, to] = [await books.wallet('USD', 1n), await books.wallet()]
    const close = () => books.ledger.useCases.setAccountStatus({ id: from, status: 'CLOSED' })
    expect(await close()).toMatchObject({ ok: false, code: 'CONFLICT' })
    await books.post([move(from, to, 1n)])
    expect(await close()).toMatchObject({ ok: true })
    expect(await books.refusal([move(to, from, 1n)])).toBe('ACCOUNT_CLOSED')
    expect(await books.ledger.useCases.setAccountStatus({ id: from, status: 'OPEN' })).toMatchObject({
      code: 'ACCOUNT_CLOSED',
    })
  })
})

describe('holds', () => {
  it('keeps what is held from being spent until it is resolved', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const pending = hold(from, to, 80n)
    expect(await books.refusal([pending])).toBe('POSTED')
    expect(await books.balance(from)).toEqual({ posted: 100n, held: 80n, incoming: 0n })
    expect(await books.balance(to)).toEqual({ posted: 0n, held: 0n, incoming: 80n })
    expect(await books.refusal([move(from, to, 21n)])).toBe('INSUFFICIENT_FUNDS')
    expect(await books.refusal([capture(pending.id, 81n)])).toBe('HOLD_EXCEEDED')
    expect(await books.refusal([capture(pending.id, 30n)])).toBe('POSTED')
    expect(await books.balance(from)).toEqual({ posted: 70n, held: 0n, incoming: 0n })
    expect(await books.refusal([capture(pending.id)])).toBe('HOLD_RESOLVED')
    expect(await books.refusal([release(pending.id)])).toBe('HOLD_RESOLVED')
  })

  it('voids whole, and knows no hold that was never made', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const pending = hold(from, to, 80n)
    await books.post([pending])
    expect(await books.refusal([release(pending.id)])).toBe('POSTED')
    expect(await books.balance(from)).toEqual({ posted: 100n, held: 0n, incoming: 0n })
    expect(await books.refusal([release(uuidv7())])).toBe('NOT_FOUND')
  })

  it('refuses to capture an expired hold, and lets it be voided', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const pending = hold(from, to, 80n, 'USD', new Date(Date.now() - 1_000))
    await books.post([pending])
    expect(await books.refusal([capture(pending.id)])).toBe('HOLD_EXPIRED')
    expect(await books.refusal([release(pending.id)])).toBe('POSTED')
  })

  it('resolves the legs of a held conversion together and whole', async () => {
    const [usd, inr] = [await books.wallet('USD', 100n), await books.wallet('INR')]
    const [out, into] = [hold(usd, 'fx.position', 100n), hold('fx.position', inr, 8_000n, 'INR')]
    await books.post([out, into])
    expect(await books.refusal([capture(out.id)])).toBe('CONFLICT')
    expect(await books.refusal([capture(out.id), release(into.id)])).toBe('CONFLICT')
    expect(await books.refusal([capture(out.id, 50n), capture(into.id)])).toBe('CONFLICT')
    expect(await books.refusal([capture(out.id), capture(into.id)])).toBe('POSTED')
    expect(await books.balance(inr)).toEqual({ posted: 8_000n, held: 0n, incoming: 0n })
  })
})

describe('idempotency', () => {
  it('answers the first result for the same id and content, for ever', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const [id, transfer] = [uuidv7(), move(from, to, 70n)]
    const first = await books.post([transfer], { id })
    expect(await books.post([transfer], { id })).toEqual(first)
    expect(await books.balance(from)).toMatchObject({ posted: 30n })
    expect(await books.refusal([{ ...transfer, amountMinor: '71' }], { id })).toBe('IDEMPOTENCY_MISMATCH')
    expect(await books.refusal([transfer])).toBe('CONFLICT')
  })

  it('forgets a refusal, unless it was asked for finally', async () => {
    const [from, to] = [await books.wallet(), await books.wallet()]
    const [id, transfer] = [uuidv7(), move(from, to, 70n)]
    const [finalId, finalTransfer] = [uuidv7(), move(from, to, 70n)]
    expect(await books.refusal([transfer], { id })).toBe('INSUFFICIENT_FUNDS')
    expect(await books.refusal([finalTransfer], { id: finalId, final: true })).toBe('INSUFFICIENT_FUNDS')
    await books.post([move('settlement.sandbox', from, 500n)])
    expect(await books.refusal([transfer], { id })).toBe('POSTED')
    expect(await books.refusal([finalTransfer], { id: finalId, final: true })).toBe('INSUFFICIENT_FUNDS')
  })

  it('never posts under a retired id, and says what was posted before it was retired', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const [posted, given] = [uuidv7(), uuidv7()]
    await books.post([move(from, to, 1n)], { id: posted })
    const retired = await books.ledger.useCases.retireJournals([posted, given])
    expect(retired.ok && retired.value.map(({ status }) => status)).toEqual(['POSTED', 'RETIRED'])
    expect(await books.refusal([move(from, to, 1n)], { id: given })).toBe('RETIRED')
    expect(await books.balance(to)).toMatchObject({ posted: 1n })
  })

  it('posts once when many send the same at once', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const [id, transfer] = [uuidv7(), move(from, to, 40n)]
    const results = await Promise.all(Array.from({ length: 40 }, () => books.refusal([transfer], { id })))
    expect(new Set(results)).toEqual(new Set(['POSTED']))
    expect(await books.balance(from)).toMatchObject({ posted: 60n })
  })

  it('posts once when two servers get the same, with overlapping accounts in any order', async () => {
    const { LedgerUseCases } = await import('../src/index.ts')
    const rival = new LedgerUseCases({
      pool: books.ledger.pool,
      clock: { now: () => new Date() },
      wakeups: { wake: () => undefined, subscribe: () => () => undefined, close: async () => undefined },
    })
    const wallets = await Promise.all(Array.from({ length: 6 }, () => books.wallet('USD', 1_000n)))
    const drafts = Array.from({ length: 120 }, (_, n) => ({
      id: uuidv7(),
      transfers: [move(wallets[n % 6] ?? '', wallets[(n * 5 + 1 + (n % 2)) % 6] ?? '', 3n)],
    })).filter(({ transfers: [t] }) => t?.debitAccount !== t?.creditAccount)
    const slices = Array.from({ length: 12 }, (_, k) => drafts.filter((_, n) => n % 12 === k || n % 5 === k % 5))
    await Promise.all(
      slices.flatMap((s) => [books.ledger.useCases.postJournals(s), rival.postJournals(s.toReversed())]),
    )
    const { rows } = await books.ledger.pool.query('select count(*)::int as n from journals where id = any($1)', [
      drafts.map(({ id }) => id),
    ])
    expect(rows[0].n).toBe(drafts.length)
  })
})

describe('the store', () => {
  it('writes an event for every entry, in the transaction of the change', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const before = await books.count('event_queue')
    await books.post([move(from, to, 1n)])
    expect(await books.count('event_queue')).toBe(before + 2)
  })

  it.each([
    ['the application', 'applicationUrl', /^permission denied/],
    ['the owner of the tables', 'ownerUrl', /^rows of \w+ are never changed or removed$/],
  ] as const)('refuses %s to change or remove what was posted', async (_who, role, reason) => {
    const client = new pg.Client({ connectionString: books.database[role] })
    await client.connect()
    for (const table of ['transfers', 'entries', 'journals']) {
      const before = await client.query(`select * from ${table} order by 1, 2`)
      expect(before.rowCount).toBeGreaterThan(0)
      const column = before.fields.at(-1)?.name
      await expect(client.query(`update ${table} set ${column} = ${column}`)).rejects.toThrow(reason)
      await expect(client.query(`delete from ${table}`)).rejects.toThrow(reason)
      await expect(client.query(`truncate ${table}`)).rejects.toThrow(reason)
      expect((await client.query(`select * from ${table} order by 1, 2`)).rows).toEqual(before.rows)
    }
    await expect(client.query('delete from accounts')).rejects.toThrow(reason)
    await client.end()
  })
})
