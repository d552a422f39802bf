import {
  type Caller,
  createPool,
  inProcessWakeups,
  RefusalError,
  refuse,
  silentLogger,
  systemClock,
  uuidv7,
} from '@corridor/platform'
import { emitSdl, type ServiceClient, type Subgraph } from '@corridor/subgraph'
import { asService, asUser, codesOf, createTestDatabase, dataOf, type TestDatabase } from '@corridor/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createWalletSubgraph, followAccounts, readWalletsOutOfUse, walletMigrations } from '../src/index.ts'

let database: TestDatabase
let wallets: Subgraph

/** The far side of the network: a ledger and a profile service that do as they are told. */
const opened: { id: string; currency: string; owner: string }[] = []
const seen: (Caller | undefined)[] = []
let statusRefusal: string | null = null
let accountVersion = 0
/** What the next decision about an account waits for, after it was made. */
let decided: Promise<void> = Promise.resolve()
let ledgerAway = false
const ledger: ServiceClient = {
  async request<Data>(document: string, variables: Record<string, unknown> = {}) {
    if (ledgerAway) throw new RefusalError(refuse('SERVICE_UNAVAILABLE'))
    if (!document.includes('openLedgerAccounts')) {
      const version = statusRefusal === null ? String(++accountVersion) : null
      await decided
      return { setAccountStatus: { version, code: statusRefusal, message: null } } as Data
    }
    opened.push(...(variables.a as typeof opened))
    return {} as Data
  },
  close: async () => undefined,
}
const profile: ServiceClient = {
  async request<Data>(_: string, __?: Record<string, unknown>, options: { caller?: Caller } = {}) {
    seen.push(options.caller)
    return {} as Data
  },
  close: async () => undefined,
}

beforeAll(async () => {
  database = await createTestDatabase({ migrationsDirectory: walletMigrations })
  wallets = await createWalletSubgraph({
    databaseUrl: database.applicationUrl,
    clock: systemClock,
    logger: silentLogger,
    wakeups: inProcessWakeups(),
    idempotencySecret: 'a secret for these tests alone',
    ledger,
    profile,
  })
})
afterAll(async () => {
  await wallets.close()
  await database.drop()
})

const SCOPES = ['wallets:read', 'wallets:write']
const OPEN =
  'mutation ($input: OpenWalletInput!) { openWallet(input: $input) { id name currency status createdAt owner { id } } }'
const customer = (id = uuidv7()) => asUser(id, ...SCOPES)
const open = async (context = customer(), input: object = {}) =>
  (
    await dataOf<{ openWallet: { id: string; name: string; status: string; owner: { id: string } } }>(
      wallets.schema,
      context,
      OPEN,
      {
        input: { idempotencyKey: uuidv7(), currency: 'USD', ...input },
      },
    )
  ).openWallet

/** An id that comes just before `id`: its last digit one less. */
const before = (id: string): string =>
  `${id.slice(0, -12)}${(BigInt(`0x${id.slice(-12)}`) - 1n).toString(16).padStart(12, '0')}`

async function rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.applicationUrl })
  await client.connect()
  try {
    return (await client.query(sql, values)).rows
  } finally {
    await client.end()
  }
}

describe('the schema', () => {
  it('is the committed one', async () => {
    await expect(emitSdl(wallets.schema)).toMatchFileSnapshot('../schema.graphql')
  })
})

describe('opening a wallet', () => {
  it('opens the ledger’s account under the same id first, and says so in an event', async () => {
    const context = customer()
    const wallet = await open(context, { name: 'Travel' })
    expect(wallet).toMatchObject({ name: 'Travel', status: 'ACTIVE', owner: { id: context.caller.subject } })
    expect(opened.at(-1)).toMatchObject({ id: wallet.id, currency: 'USD', owner: context.caller.subject })
    expect(seen.at(-1)?.subject).toBe(context.caller.subject)
    const [event] = await rows('select type, data from event_queue where key = $1', [wallet.id])
    expect(event).toMatchObject({ type: 'wallet.opened', data: { currency: 'USD', owner: context.caller.subject } })
  })

  it('ends at a hundred, also side by side', async () => {
    const context = customer()
    await rows(
      `insert into wallets (id, owner, name, currency, created_at, updated_at)
       select gen_random_uuid(), $1, 'One', 'USD', now(), now() from generate_series(1, 98)`,
      [context.caller.subject],
    )
    const opening = await Promise.allSettled(Array.from({ length: 6 }, () => open(context)))
    expect(opening.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    const input = { idempotencyKey: uuidv7(), currency: 'USD' }
    expect(await codesOf(wallets.schema, context, OPEN, { input })).toEqual(['LIMIT_EXCEEDED'])
  })

  it('gives the same wallet for the same key, also at once, and refuses another input under it', async () => {
    const context = customer()
    const input = { idempotencyKey: uuidv7() }
    const made = await Promise.all(Array.from({ length: 6 }, () => open(context, input)))
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    expect(await rows('select 1 from event_queue where key = $1', [made[0]?.id])).toHaveLength(1)
    expect(await codesOf(wallets.schema, context, OPEN, { input: { ...input, currency: 'INR' } })).toEqual([
      'IDEMPOTENCY_MISMATCH',
    ])
    expect((await open(customer(), input)).id).not.toBe(made[0]?.id)
  })

  it('refuses unknown currencies and names that are too long, and keeps the key free', async () => {
    const [context, idempotencyKey] = [customer(), uuidv7()]
    for (const wrong of [
      { currency: 'XXQ' },
      { currency: 'usd' },
      { currency: 'USD', name: '' },
      { currency: 'USD', name: 'x'.repeat(101) },
    ]) {
      expect(await codesOf(wallets.schema, context, OPEN, { input: { idempotencyKey, ...wrong } })).toEqual([
        'BAD_USER_INPUT',
      ])
    }
    expect(await codesOf(wallets.schema, context, OPEN, { input: { idempotencyKey: 'ä', currency: 'USD' } })).toEqual([
      'BAD_USER_INPUT',
    ])
    expect(await open(context, { idempotencyKey })).toBeDefined()
  })

  it('writes nothing while the ledger is away, and goes on with the same id afterwards', async () => {
    const [context, idempotencyKey] = [customer(), uuidv7()]
    ledgerAway = true
    expect(await codesOf(wallets.schema, context, OPEN, { input: { idempotencyKey, currency: 'USD' } })).toEqual([
      'SERVICE_UNAVAILABLE',
    ])
    ledgerAway = false
    expect(await open(context, { idempotencyKey })).toMatchObject({ status: 'ACTIVE' })
  })

  it('needs the scope and the token of a user', async () => {
    const input = { idempotencyKey: uuidv7(), currency: 'USD' }
    expect(await codesOf(wallets.schema, asUser(uuidv7(), 'wallets:read'), OPEN, { input })).toEqual([
      'UNAUTHORIZED_FIELD_OR_TYPE',
    ])
    const application = { ...customer(), caller: { ...customer().caller, kind: 'application' as const, subject: null } }
    expect(await codesOf(wallets.schema, application, OPEN, { input })).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
  })
})

describe('a wallet', () => {
  it('is seen by its owner and by staff, and does not exist for others', async () => {
    const context = customer()
    const { id } = await open(context)
    const document = 'query ($id: ID!) { wallet(id: $id) { id } myWallets { id } }'
    expect(await dataOf(wallets.schema, context, document, { id })).toEqual({ wallet: { id }, myWallets: [{ id }] })
    expect(await dataOf(wallets.schema, customer(), document, { id })).toEqual({ wallet: null, myWallets: [] })
    expect(await dataOf(wallets.schema, customer(), document, { id: 'nonsense' })).toEqual({
      wallet: null,
      myWallets: [],
    })
    const staff = asUser(uuidv7(), 'wallets:read', 'wallets:admin')
    expect(await dataOf(wallets.schema, staff, document, { id })).toEqual({ wallet: { id }, myWallets: [] })
  })

  it('is frozen and unfrozen by staff, but not by its owner, and closed by its owner', async () => {
    const context = customer()
    const { id } = await open(context)
    const staff = asUser(uuidv7(), 'wallets:admin')
    const change = (document: string, by = staff) =>
      dataOf<Record<string, { status: string }>>(wallets.schema, by, document, { id })
    const freeze = 'mutation ($id: ID!) { wallet: freezeWallet(id: $id, reason: "lost phone") { status } }'
    expect(await change(freeze)).toEqual({ wallet: { status: 'FROZEN' } })
    const unfreeze = 'mutation ($id: ID!) { wallet: unfreezeWallet(id: $id) { status } }'
    const self = asUser(context.caller.subject ?? '', 'wallets:admin')
    expect(await codesOf(wallets.schema, self, unfreeze, { id })).toEqual(['FORBIDDEN'])
    expect(await change(unfreeze)).toEqual({ wallet: { status: 'ACTIVE' } })
    const close = 'mutation ($id: ID!) { wallet: closeWallet(id: $id) { status } }'
    statusRefusal = 'CONFLICT'
    expect(await codesOf(wallets.schema, context, close, { id })).toEqual(['CONFLICT'])
    statusRefusal = null
    expect(await codesOf(wallets.schema, customer(), close, { id })).toEqual(['NOT_FOUND'])
    expect(await change(close, context)).toEqual({ wallet: { status: 'CLOSED' } })
    expect(await rows('select type from event_queue where key = $1 order by sequence', [id])).toEqual(
      ['wallet.opened', 'wallet.frozen', 'wallet.active', 'wallet.closed'].map((type) => ({ type })),
    )
  })

  it('follows the last decision of the ledger, in whichever order the answers come', async () => {
    const { id } = await open()
    const staff = asUser(uuidv7(), 'wallets:admin')
    const freeze = 'mutation ($id: ID!) { wallet: freezeWallet(id: $id, reason: "lost phone") { status } }'
    const unfreeze = 'mutation ($id: ID!) { wallet: unfreezeWallet(id: $id) { status } }'
    const answer = Promise.withResolvers<void>()
    decided = answer.promise
    const before = accountVersion
    const late = dataOf(wallets.schema, staff, freeze, { id })
    await vi.waitFor(() => expect(accountVersion).toBe(before + 1), { timeout: 30_000 })
    decided = Promise.resolve()
    expect(await dataOf(wallets.schema, staff, unfreeze, { id })).toEqual({ wallet: { status: 'ACTIVE' } })
    answer.resolve()
    expect(await late).toEqual({ wallet: { status: 'ACTIVE' } })
  })

  it('is brought to what the ledger decided without it, once, and to nothing older', async () => {
    const { id, owner } = await open()
    const pool = createPool({ url: database.applicationUrl, service: 'reconciler' })
    const version = BigInt(++accountVersion)
    try {
      expect(await followAccounts(pool, [{ id, status: 'FROZEN', version }])).toEqual([id])
      expect(await readWalletsOutOfUse(pool, { after: before(id), limit: 1 })).toEqual([id])
      expect(await followAccounts(pool, [{ id, status: 'FROZEN', version }])).toEqual([])
      expect(await followAccounts(pool, [{ id, status: 'OPEN', version: version - 1n }])).toEqual([])
      expect(await followAccounts(pool, [{ id, status: 'OPEN', version: version + 1n }])).toEqual([id])
    } finally {
      await pool.end()
    }
    const data = { walletId: id, owner: owner.id, currency: 'USD' }
    expect(await rows('select type, data from event_queue where key = $1 order by sequence offset 1', [id])).toEqual([
      { type: 'wallet.frozen', data: { ...data, status: 'FROZEN' } },
      { type: 'wallet.active', data: { ...data, status: 'ACTIVE' } },
    ])
  })

  it('tells payments what they need to know, and nobody else', async () => {
    const { id, owner } = await open()
    const document = 'query ($ids: [ID!]!) { paymentWallets(ids: $ids) { id owner currency status } }'
    const ids = [id, uuidv7(), 'nonsense']
    expect(await dataOf(wallets.schema, asService('payment-service'), document, { ids })).toEqual({
      paymentWallets: [{ id, owner: owner.id, currency: 'USD', status: 'ACTIVE' }, null, null],
    })
    expect(await codesOf(wallets.schema, asService('router'), document, { ids })).toEqual([
      'UNAUTHORIZED_FIELD_OR_TYPE',
    ])
  })
})
