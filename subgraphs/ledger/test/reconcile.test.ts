import { readFileSync } from 'node:fs'
import { inProcessWakeups, type Logger, type Pool, silentLogger, systemClock } from '@corridor/platform'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BOOK_INVARIANTS, checkInvariants, type LedgerSealer, reconcileBooks } from '../src/index.ts'
import { hold, move, TestBooks } from './books.ts'
import { sealerOf } from './sealed-books.ts'

let books: TestBooks
let sealer: LedgerSealer
let owner: pg.Client
/** A customer's account with three entries, all sealed, and another that nothing happens to. */
let [account, untouched] = ['', '']
beforeAll(async () => {
  books = await TestBooks.open()
  sealer = sealerOf(books)
  owner = new pg.Client({ connectionString: books.database.ownerUrl })
  await owner.connect()
  for (const [table, trigger] of [
    ['entries', 'entries_append_only'],
    ['transfers', 'transfers_append_only'],
  ]) {
    await owner.query(`alter table ${table} disable trigger ${trigger}`)
  }
  await owner.query('alter table accounts drop constraint accounts_available_above_floor')
})
beforeEach(async () => {
  ;[account, untouched] = [await books.wallet('USD', 500n), await books.wallet('USD', 10n)]
  await books.post([move(account, 'income.fees', 1n), hold(account, 'settlement.sandbox', 5n)])
  await sealer.sealWaiting()
})
afterAll(async () => {
  await owner.end()
  await sealer.stop()
  await books.close() // Whose own check finds the books whole again.
})

const check = () => checkInvariants({ pool: books.ledger.pool, clock: systemClock })
const broken = async () => (await check()).filter(({ holds }) => !holds)
const statusOf = async (id: string): Promise<string> =>
  (await books.ledger.pool.query('select status from accounts where id = $1', [id])).rows[0].status
const ofAccount = (sql: string) => () => owner.query(sql, [account])

/** For each invariant how it is broken, and mended again. */
const BREAKS: Readonly<
  Record<string, { readonly break: () => Promise<unknown>; readonly mend: () => Promise<unknown> }>
> = {
  entries_sum_to_zero: {
    break: ofAccount('update entries set amount_minor = amount_minor + 1 where account_id = $1 and number = 1'),
    mend: ofAccount('update entries set amount_minor = amount_minor - 1 where account_id = $1 and number = 1'),
  },
  balance_is_sum_of_entries: {
    break: ofAccount('update accounts set posted_minor = posted_minor + 1 where id = $1'),
    mend: ofAccount('update accounts set posted_minor = posted_minor - 1 where id = $1'),
  },
  running_balances_chain: {
    break: ofAccount('update entries set balance_after_minor = 7 where account_id = $1 and number = 1'),
    mend: ofAccount('update entries set balance_after_minor = 500 where account_id = $1 and number = 1'),
  },
  held_equals_pending_debits: {
    break: ofAccount('update accounts set held_minor = held_minor - 1 where id = $1'),
    mend: ofAccount('update accounts set held_minor = held_minor + 1 where id = $1'),
  },
  available_above_floor: {
    break: ofAccount('update accounts set floor_minor = 1000 where id = $1'),
    mend: ofAccount('update accounts set floor_minor = 0 where id = $1'),
  },
  entries_match_transfers: {
    break: ofAccount('update transfers set amount_minor = amount_minor + 1 where credit_account_id = $1'),
    mend: ofAccount('update transfers set amount_minor = amount_minor - 1 where credit_account_id = $1'),
  },
  every_version_has_its_event: {
    break: ofAccount("update event_queue set type = 'hidden' where key = $1 and data ->> 'version' = '2'"),
    mend: ofAccount("update event_queue set type = 'ledger.entry' where key = $1 and data ->> 'version' = '2'"),
  },
  blocks_verify: {
    break: ofAccount(
      "update transfers set created_at = created_at + interval '1 microsecond' where credit_account_id = $1",
    ),
    mend: ofAccount(
      "update transfers set created_at = created_at - interval '1 microsecond' where credit_account_id = $1",
    ),
  },
}

describe('the invariants', () => {
  it('hold, and count what they looked at', async () => {
    const checks = await check()
    expect(checks.map(({ name }) => name)).toEqual(BOOK_INVARIANTS.map(({ name }) => name))
    expect(checks.filter(({ holds }) => !holds)).toEqual([])
    expect(checks.every(({ rowsChecked }) => rowsChecked > 0n)).toBe(true)
  })

  it('are those that the README explains', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const explained = [...readme.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name)
    expect(explained).toEqual(BOOK_INVARIANTS.map(({ name }) => name))
  })

  it.each(BOOK_INVARIANTS.map(({ name }) => name))('%s is found broken, with the account', async (name) => {
    const way = BREAKS[name]
    await way?.break()
    const found = await broken()
    await way?.mend()
    expect(found.map((each) => each.name)).toContain(name)
    expect(found.flatMap(({ accountIds }) => accountIds)).toContain(account)
    expect(found.flatMap(({ accountIds }) => accountIds)).not.toContain(untouched)
    expect(found.find((each) => each.name === name)?.detail).toMatch(/account|[Tt]ransfer|USD/)
    expect(await broken()).toEqual([])
  })

  it('find a transfer that was kept from the sealer', async () => {
    const transfer = move(account, untouched, 1n)
    await books.post([transfer])
    const { rows } = await owner.query('delete from seal_queue returning transfer_ids')
    const [found] = await broken()
    for (const { transfer_ids } of rows) {
      await owner.query('insert into seal_queue (transfer_ids) values ($1)', [transfer_ids])
    }
    expect(found).toMatchObject({
      name: 'blocks_verify',
      detail: `transfer ${transfer.id} is neither sealed nor waiting for its block`,
    })
  })

  it('are broken only when a second look says so too', async () => {
    const way = BREAKS.balance_is_sum_of_entries
    await way?.break()
    const checks = await checkInvariants({ pool: afterFirstCommit(books.ledger.pool, way?.mend), clock: systemClock })
    expect(checks.filter(({ holds }) => !holds)).toEqual([])
  })
})

/** A pool that does something once, after its first transaction. */
function afterFirstCommit(pool: Pool, act: (() => Promise<unknown>) | undefined): Pool {
  let isFirst = true
  const connect = async () => {
    const client = await pool.connect()
    const query = client.query.bind(client) as (...given: unknown[]) => Promise<unknown>
    return {
      query: async (...given: unknown[]) => {
        const result = await query(...given)
        if (given[0] === 'commit' && isFirst) {
          isFirst = false
          await act?.()
        }
        return result
      },
      release: (failure?: Error) => client.release(failure),
    }
  }
  return { connect, query: pool.query.bind(pool) } as unknown as Pool // What a check uses of a pool.
}

describe('the reconciler', () => {
  const errors: { alert?: string; invariant?: string; accounts?: string[] }[] = []
  const logger: Logger = {
    ...silentLogger,
    error: (given: object | string) => void (typeof given === 'object' && errors.push(given)),
  }
  const reconcile = () =>
    reconcileBooks({ pool: books.ledger.pool, clock: systemClock, logger, wakeups: inProcessWakeups() })
  const eventsOf = async (key: string): Promise<string[]> =>
    (await books.ledger.pool.query('select type from event_queue where key = $1 order by sequence', [key])).rows.map(
      ({ type }) => type,
    )

  it('freezes the customer’s account that a breach names, alerts, and tells of it once, and of its end', async () => {
    const name = 'balance_is_sum_of_entries'
    await BREAKS[name]?.break()
    await reconcile()
    await reconcile()
    expect(await statusOf(account)).toBe('FROZEN')
    expect(await statusOf(untouched)).toBe('OPEN')
    expect(await books.refusal([move(account, untouched, 1n)])).toBe('ACCOUNT_FROZEN')
    expect(await eventsOf(name)).toEqual(['ledger.invariant_breached'])
    expect((await eventsOf(account)).at(-1)).toBe('ledger.account')
    expect(errors.filter(({ alert }) => alert === 'ledger.invariant_breached')).toMatchObject([
      { invariant: name, isNew: true },
      { invariant: name, isNew: false },
    ])
    expect(errors.filter(({ alert }) => alert === 'ledger.accounts_frozen')).toMatchObject([{ accounts: [account] }])

    await BREAKS[name]?.mend()
    await reconcile()
    expect(await eventsOf(name)).toEqual(['ledger.invariant_breached', 'ledger.invariant_restored'])
    expect(await statusOf(account)).toBe('FROZEN') // What froze is thawed by people.
  })

  it('freezes no account of the house, so that what is pending can be resolved', async () => {
    await owner.query("update accounts set posted_minor = posted_minor + 1 where code = 'settlement.sandbox'")
    await reconcile()
    const { rows } = await owner.query('select distinct status from accounts where owner is null')
    await owner.query("update accounts set posted_minor = posted_minor - 1 where code = 'settlement.sandbox'")
    await reconcile()
    expect(rows).toEqual([{ status: 'OPEN' }])
  })

  it('leaves books alone that hold', async () => {
    const before = await books.count('event_queue')
    expect((await reconcile()).every(({ holds }) => holds)).toBe(true)
    expect(await books.count('event_queue')).toBe(before)
  })
})
