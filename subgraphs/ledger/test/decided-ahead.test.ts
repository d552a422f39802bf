import { createPool, inProcessWakeups, systemClock, uuidv7 } from '@corridor/platform'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { LedgerUseCases } from '../src/index.ts'
import { HouseAccounts } from '../src/use-cases/house-accounts.ts'
import { readJournal, type TransferDraft } from '../src/use-cases/journal-input.ts'
import { KnownAccounts } from '../src/use-cases/known-accounts.ts'
import { type DecidedAhead, decideAhead, type PostJournalsDeps, postJournals } from '../src/use-cases/post-journals.ts'
import { capture, hold, move, TestBooks } from './books.ts'

let books: TestBooks
let deps: PostJournalsDeps
beforeAll(async () => {
  books = await TestBooks.open()
})
afterAll(() => books.close())

let [from, to] = ['', '']
beforeEach(async () => {
  const { pool } = books.ledger
  const houseAccounts = new HouseAccounts(pool)
  const knownAccounts = new KnownAccounts()
  deps = { pool, clock: systemClock, wakeups: inProcessWakeups(), houseAccounts, knownAccounts }
  ;[from, to] = [await books.wallet('USD', 100n), await books.wallet()]
})

function journal(...transfers: TransferDraft[]) {
  const read = readJournal({ id: uuidv7(), transfers }, 'journal')
  if (!read.ok) throw new Error(read.message)
  return read.value
}
type Journal = ReturnType<typeof journal>

const post = async (posted: Journal, ahead: DecidedAhead | null = null) =>
  (await postJournals(deps, [posted], { leads: true, ahead, sent: () => undefined }))[0]

/** Decided on what a batch that was just posted left. */
async function decided(next: Journal): Promise<DecidedAhead> {
  await post(journal(move(from, to, 1n)))
  const ahead = decideAhead(deps, [next])
  if (!ahead) throw new Error('it was not decided')
  return ahead
}

describe('a batch that is decided before its accounts are locked', () => {
  it('is posted as it was decided when they are as they were', async () => {
    const next = journal(move(from, to, 99n))
    expect(await post(next, await decided(next))).toMatchObject({ status: 'POSTED' })
    expect(await books.balance(from)).toMatchObject({ posted: 0n })
  })

  const meanwhile: [string, () => Promise<unknown>, object][] = [
    ['spent the funds', () => books.post([move(from, to, 50n)]), { code: 'INSUFFICIENT_FUNDS' }],
    ['held the funds', () => books.post([hold(from, to, 50n)]), { code: 'INSUFFICIENT_FUNDS' }],
    [
      'froze the account',
      () => books.ledger.useCases.setAccountStatus({ id: from, status: 'FROZEN' }),
      { code: 'ACCOUNT_FROZEN' },
    ],
    ['brought more', () => books.post([move('settlement.sandbox', from, 5n)]), { status: 'POSTED' }],
  ]
  it.each(meanwhile)('is decided anew when another %s meanwhile', async (_what, rival, result) => {
    const next = journal(move(from, to, 60n))
    const ahead = await decided(next)
    await rival()
    expect(await post(next, ahead)).toMatchObject(result)
  })

  it('is decided anew when its accounts are not what a version of theirs once was', async () => {
    const next = journal(move(from, to, 60n))
    const ahead = await decided(next)
    const add = (amount: bigint) =>
      books.ledger.pool.query('update accounts set posted_minor = posted_minor + $2 where id = $1', [from, amount])
    await add(-50n)
    expect(await post(next, ahead)).toMatchObject({ code: 'INSUFFICIENT_FUNDS' })
    await add(50n)
  })

  it('answers as before when another server posted the same meanwhile', async () => {
    const next = journal(move(from, to, 60n))
    const ahead = await decided(next)
    const first = await post(next)
    expect(await post(next, ahead)).toEqual(first)
    expect(await books.balance(from)).toMatchObject({ posted: 39n })
  })

  it('is not decided on what is not known, must be read, or may have been posted before', async () => {
    const held = hold(from, to, 10n)
    await post(journal(held))
    const stranger = await books.wallet()
    expect(decideAhead(deps, [journal(move(from, to, 1n))])).not.toBeNull()
    expect(decideAhead(deps, [journal(move(from, stranger, 1n))])).toBeNull()
    expect(decideAhead(deps, [journal(capture(held.id))])).toBeNull()
    expect(decideAhead(deps, [journal(move(from, to, 91n))])).toBeNull()
  })

  it('is what large calls become that come at once, beside another server on the same accounts', async () => {
    const wallets = await Promise.all(Array.from({ length: 12 }, () => books.wallet('USD', 100_000n)))
    const pick = () => Math.floor(Math.random() * wallets.length)
    const drafts = (size: number) =>
      Array.from({ length: size }, () => {
        const debit = pick()
        const credit = (debit + 1 + (pick() % (wallets.length - 1))) % wallets.length
        return { id: uuidv7(), transfers: [move(wallets[debit] ?? '', wallets[credit] ?? '', 1n)] }
      })
    const query = vi.spyOn(pg.Client.prototype, 'query')
    const pool = createPool({ url: books.database.applicationUrl, service: 'large', pipeline: true })
    const [server, rival] = [new LedgerUseCases({ ...deps, pool }), new LedgerUseCases(deps)]
    const call = async (of: LedgerUseCases, size: number): Promise<void> => {
      for (let n = 0; n < 6; n += 1) expect(await of.postJournals(drafts(size))).toMatchObject({ ok: true })
    }
    const large = Array.from({ length: 6 }, () => call(server, 100))
    await Promise.all([...large, call(rival, 3)])
    const named = query.mock.calls.map(([config]: unknown[]) => (config as { name?: string }).name) // What `pg` is given.
    query.mockRestore()
    await pool.end()
    expect(named).toContain('ledger-lock-states')
    const { rows } = await books.ledger.pool.query(
      'select sum(posted_minor)::bigint as total from accounts where id = any($1::uuid[])',
      [wallets],
    )
    expect(rows[0].total).toBe(1_200_000n)
  })
})
