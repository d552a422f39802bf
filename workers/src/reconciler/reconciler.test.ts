import { ledgerMigrations } from '@corridor/ledger'
import { paymentMigrations } from '@corridor/payment'
import {
  createLogger,
  createPool,
  inProcessWakeups,
  type Logger,
  silentLogger,
  systemClock,
  uuidv7,
} from '@corridor/platform'
import { createTestDatabase, type TestDatabase } from '@corridor/testing'
import { walletMigrations } from '@corridor/wallet'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { BEFORE_ALL, reconcileWallets } from './reconcile-wallets.ts'
import { Reconciler } from './reconciler.ts'

let databases: { ledger: TestDatabase; payment: TestDatabase; wallet: TestDatabase }
let ledger: pg.Client
let payment: pg.Client
let wallet: pg.Client
beforeAll(async () => {
  databases = {
    ledger: await createTestDatabase({ migrationsDirectory: ledgerMigrations }),
    payment: await createTestDatabase({ migrationsDirectory: paymentMigrations }),
    wallet: await createTestDatabase({ migrationsDirectory: walletMigrations }),
  }
  ledger = new pg.Client({ connectionString: databases.ledger.applicationUrl })
  payment = new pg.Client({ connectionString: databases.payment.applicationUrl })
  wallet = new pg.Client({ connectionString: databases.wallet.applicationUrl })
  await Promise.all([ledger, payment, wallet].map((client) => client.connect()))
})
afterAll(async () => {
  await Promise.all([ledger, payment, wallet].map((client) => client.end()))
  await Promise.all(Object.values(databases).map((database) => database.drop()))
})

const urls = () => ({
  ledger: databases.ledger.applicationUrl,
  payment: databases.payment.applicationUrl,
  wallet: databases.wallet.applicationUrl,
})
const reconciler = (databaseUrls = urls(), logger: Logger = silentLogger) =>
  new Reconciler({
    databaseUrls,
    clock: systemClock,
    logger,
    wakeups: inProcessWakeups(),
  })
const lastCheck = async (): Promise<Date | undefined> =>
  (await ledger.query('select max(checked_at) as at from invariant_checks')).rows[0].at ?? undefined

describe('the reconciler', () => {
  it('checks by itself from its start on, one at a time, and hands over when it stops', async () => {
    const [first, second] = [reconciler(), reconciler()]
    first.start()
    await vi.waitFor(async () => expect(await lastCheck()).toBeDefined(), { timeout: 40_000 })
    const checked = await lastCheck()
    await second.reconcile()
    expect(await lastCheck()).toEqual(checked)
    await first.stop()
    await second.reconcile()
    expect((await lastCheck())?.getTime()).toBeGreaterThan(checked?.getTime() ?? 0)
    await second.stop()
  })

  it('checks what it can while a database is away, and not more often than else', async () => {
    const id = uuidv7()
    await payment.query(
      `insert into payments (id, kind, status, payer, from_wallet_id, to_wallet_id, leased_wallet_id, from_currency,
         to_currency, asked_debit_minor, created_at, updated_at)
       values ($1, 'TRANSFER', 'PENDING', $1, $1, gen_random_uuid(), $1, 'USD', 'USD', 100, now(), now())`,
      [id],
    )
    await payment.query(
      `with done as (update payments set status = 'COMPLETED', version = 2 where id = $1 returning *)
       insert into payment_events (position, payment_id, version, status, payer, at)
       select 1, id, version, status, payer, now() - interval '1 hour' from done`,
      [id],
    )
    const before = await lastCheck()
    const lines: string[] = []
    const logger = createLogger({ service: 'reconciler', write: (line) => void lines.push(line) })
    const said = (message: string) => lines.filter((line) => line.includes(message)).length
    const walletAway = new URL(databases.wallet.applicationUrl)
    walletAway.pathname = '/away'
    const one = reconciler({ ...urls(), wallet: walletAway.href }, logger)
    one.start()
    await vi.waitFor(() => expect(said('round failed')).toBeGreaterThan(1), { timeout: 40_000 })
    expect(said('a check has failed')).toBeLessThan(said('round failed'))
    await one.stop()
    expect((await lastCheck())?.getTime()).toBeGreaterThan(before?.getTime() ?? 0)
    expect((await payment.query('select payment_id, kind from reconciliation_items')).rows).toEqual([
      { payment_id: id, kind: 'TRANSFERS_DIFFER' },
    ])
  })

  it('brings wallets to what the ledger decided of their accounts, both ways', async () => {
    const [frozen, open, same] = [uuidv7(), uuidv7(), uuidv7()] as const
    const owner = uuidv7()
    const account = (id: string, status: string) =>
      ledger.query(
        `insert into accounts (id, code, currency, owner, floor_minor, status, version) values ($1, 'customer.wallet', 'USD', $2, 0, $3, 5)`,
        [id, owner, status],
      )
    const opened = (id: string, status: string) =>
      wallet.query(
        `insert into wallets (id, owner, name, currency, status, created_at, updated_at) values ($1, $2, 'One', 'USD', $3, now(), now())`,
        [id, owner, status],
      )
    await account(frozen, 'FROZEN')
    await opened(frozen, 'ACTIVE')
    await account(open, 'OPEN')
    await opened(open, 'FROZEN')
    await account(same, 'CLOSED')
    await opened(same, 'CLOSED')
    const one = reconciler()
    await one.reconcile()
    await one.stop()
    const { rows } = await wallet.query('select id, status from wallets')
    expect(new Map(rows.map(({ id, status }) => [id, status]))).toEqual(
      new Map([
        [frozen, 'FROZEN'],
        [open, 'ACTIVE'],
        [same, 'CLOSED'],
      ]),
    )
    const { rows: told } = await wallet.query('select key, type from event_queue order by type')
    expect(told).toEqual([
      { key: open, type: 'wallet.active' },
      { key: frozen, type: 'wallet.frozen' },
    ])
  })

  it('looks at closed accounts page by page, however many there are', async () => {
    const owner = uuidv7()
    await ledger.query(
      `insert into accounts (id, code, currency, owner, floor_minor, status, version)
       select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'customer.wallet', 'USD', $1, 0, 'CLOSED', 5
       from generate_series(1, 1000) n`,
      [owner],
    )
    const id = 'ffffffff-ffff-7fff-bfff-ffffffffffff'
    await ledger.query(
      `insert into accounts (id, code, currency, owner, floor_minor, status, version) values ($1, 'customer.wallet', 'USD', $2, 0, 'CLOSED', 5)`,
      [id, owner],
    )
    await wallet.query(
      `insert into wallets (id, owner, name, currency, status, created_at, updated_at) values ($1, $2, 'One', 'USD', 'ACTIVE', now(), now())`,
      [id, owner],
    )
    const pools = {
      ledger: createPool({ url: urls().ledger, service: 'reconciler' }),
      wallet: createPool({ url: urls().wallet, service: 'reconciler' }),
    }
    const deps = { ...pools, logger: silentLogger, wakeups: inProcessWakeups() }
    const status = async () => (await wallet.query('select status from wallets where id = $1', [id])).rows[0]?.status
    try {
      const closedAfter = await reconcileWallets({ ...deps, closedAfter: BEFORE_ALL })
      expect([closedAfter, await status()]).toEqual(['00000000-0000-7000-8000-000000001000', 'ACTIVE'])
      expect(await reconcileWallets({ ...deps, closedAfter })).toBe(BEFORE_ALL)
      expect(await status()).toBe('CLOSED')
    } finally {
      await Promise.all(Object.values(pools).map((pool) => pool.end()))
    }
  })
})
