import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiClient, FREE_PORTS, type RunningPlatform, startPlatform } from '@corridor/embedded'
import { createPaymentProcessor, DUE_CHANNEL, type PaymentProcessor, sandboxProvider } from '@corridor/payment'
import {
  createPool,
  createSigner,
  inProcessWakeups,
  type JWK,
  type Pool,
  silentLogger,
  systemClock,
  uuidv5,
} from '@corridor/platform'
import { createServiceClient, type SubgraphName } from '@corridor/subgraph'
import { startTokenIssuer, type TokenIssuer } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const CUSTOMERS = 25
const SENDERS = 200
const PAYMENTS_EACH = 2
const FREEZES = 20
const REST_TIMEOUT_MS = 120_000
const SCOPES = ['payments:read', 'payments:write', 'wallets:read', 'wallets:write', 'limits:read', 'forex:read']
const STAFF = [...SCOPES, 'profile:admin', 'wallets:admin', 'ledger:audit']

const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'
const CANCEL = 'mutation ($id: ID!) { cancelPayment(id: $id) { id } }'

interface Customer {
  readonly api: ApiClient
  readonly usd: string
  readonly eur: string
}

let issuer: TokenIssuer
let platform: RunningPlatform
let second: PaymentProcessor
const wakeupsOfSecond = inProcessWakeups()
let payments: Pool
let ledger: Pool
let staff: ApiClient
let customers: Customer[]
const stops: (() => Promise<unknown> | unknown)[] = []

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'corridor-e2e-'))
  stops.push(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755) // PostgreSQL's own user passes through when the tests run as root.
  const dataDirectory = join(folder, '.data')
  issuer = await startTokenIssuer()
  stops.push(() => issuer.close())
  const external = { oidcIssuer: issuer.url }
  platform = await startPlatform({
    dataDirectory,
    ports: FREE_PORTS,
    external,
    logger: silentLogger,
    settleAfterMs: 20,
  })
  stops.push(() => platform.stop())
  second = secondProcessor(dataDirectory)
  second.start()
  stops.push(() => second.stop())
  payments = poolOf(platform.databases.payment)
  ledger = poolOf(platform.databases.ledger)
  staff = await signIn(STAFF)
  customers = await Promise.all(Array.from({ length: CUSTOMERS }, openCustomer))
  await atRest()
}, 240_000)
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
})

function poolOf(url: string): Pool {
  const pool = createPool({ url, service: 'e2e', max: 2 })
  stops.push(() => pool.end())
  return pool
}

async function signIn(scopes: readonly string[], subject: string = randomUUID()): Promise<ApiClient> {
  const client = new ApiClient(platform.url, await issuer.token({ subject, scopes }))
  stops.push(() => client.close())
  return client
}

/** A processor beside the platform's own, as another process would run it. */
function secondProcessor(dataDirectory: string): PaymentProcessor {
  const { keys, texts } = JSON.parse(readFileSync(join(dataDirectory, 'secrets.json'), 'utf8')) as {
    keys: Record<string, { privateJwk: JWK }>
    texts: Record<string, string>
  } // As the platform keeps them.
  const shared = { clock: systemClock, logger: silentLogger }
  const privateJwk = keys['payment-processor']?.privateJwk ?? {}
  const signer = createSigner({ issuer: 'payment-processor', privateJwk, clock: systemClock })
  const client = (audience: SubgraphName) => {
    const url = `http://127.0.0.1:${platform.ports[audience]}/graphql`
    const made = createServiceClient({ url, audience, signer })
    stops.push(() => made.close())
    return made
  }
  const sandbox = sandboxProvider({
    ...shared,
    callbackUrl: platform.url.replace('/graphql', '/callbacks/sandbox'),
    callbackSecret: texts['payment.callback'] ?? '',
    settleAfterMs: 20,
  })
  stops.push(() => sandbox.close())
  return createPaymentProcessor({
    ...shared,
    databaseUrl: platform.databases.payment,
    service: 'payment-processor-2',
    wakeups: wakeupsOfSecond,
    ledger: client('ledger'),
    forex: client('forex'),
    rules: client('rule-engine'),
    profile: client('profile'),
    providers: { sandbox },
  })
}

/** A customer of known identity with a wallet in each of two currencies, and not much in either. */
async function openCustomer(): Promise<Customer> {
  const subject = randomUUID()
  const api = await signIn(SCOPES, subject)
  await api.request('{ me { id } }')
  await staff.request('mutation ($id: ID!) { decideKyc(profileId: $id, status: VERIFIED, note: "known") { id } }', {
    id: subject,
  })
  await vi.waitFor(
    async () => {
      const { myLimits } = await api.request<{ myLimits: object[] }>('{ myLimits { limit { amount } } }')
      expect(myLimits).toContainEqual({ limit: { amount: '100000.00' } })
    },
    { timeout: 30_000, interval: 100 },
  )
  const open = async (currency: string): Promise<string> => {
    const { openWallet } = await api.request<{ openWallet: { id: string } }>(
      'mutation ($input: OpenWalletInput!) { openWallet(input: $input) { id } }',
      { input: { idempotencyKey: randomUUID(), currency } },
    )
    await api.request('mutation ($input: DepositInput!) { deposit(input: $input) { id } }', {
      input: { idempotencyKey: randomUUID(), walletId: openWallet.id, amount: { amount: '100.00', currency } },
    })
    return openWallet.id
  }
  return { api, usd: await open('USD'), eur: await open('EUR') }
}

/** Waits until nothing is due of any payment: each has ended. */
const atRest = (): Promise<void> =>
  vi.waitFor(
    async () => {
      const { rows } = await payments.query('select count(*)::int as due from payments where due_at is not null')
      expect(rows).toEqual([{ due: 0 }])
    },
    { timeout: REST_TIMEOUT_MS, interval: 200 },
  )

/** Numbers that look like chance and are the same in every run (mulberry32). */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const customerAt = (index: number): Customer => customers[index % CUSTOMERS] as Customer // Within its length.

/** One sender: payments that may be too dear, sent twice now and then, and now and then cancelled. */
async function sender(number: number, keys: Set<string>): Promise<void> {
  const random = chance(number)
  const { api, usd } = customerAt(number)
  for (let made = 0; made < PAYMENTS_EACH; made += 1) {
    const other = customerAt(number + 1 + Math.floor(random() * (CUSTOMERS - 1)))
    const idempotencyKey = randomUUID()
    keys.add(idempotencyKey)
    const toWalletId = random() < 0.5 ? other.usd : other.eur
    const debit = { amount: (1 + random() * 39).toFixed(2), currency: 'USD' }
    const input = { idempotencyKey, fromWalletId: usd, toWalletId, debit }
    const calls = random() < 0.25 ? [1, 2] : [1]
    const sent = await Promise.all(calls.map(() => api.request<{ sendPayment: { id: string } }>(SEND, { input })))
    wakeupsOfSecond.wake(DUE_CHANNEL) // As Redis wakes a processor of another process.
    expect(new Set(sent.map(({ sendPayment }) => sendPayment.id)).size).toBe(1)
    if (random() < 0.2) {
      const { errors } = await api.send(CANCEL, { id: sent[0]?.sendPayment.id })
      expect(['INVALID_TRANSITION', undefined]).toContain(errors[0]?.code)
    }
  }
}

/** Takes wallets out of use and puts them back; sees meanwhile who was the last to work on each wallet. */
async function freezer(holders: Set<string>): Promise<void> {
  for (let done = 0; done < FREEZES; done += 1) {
    const id = customerAt(done).usd
    await staff.request('mutation ($id: ID!) { freezeWallet(id: $id, reason: "looked into") { id } }', { id })
    await staff.request('mutation ($id: ID!) { unfreezeWallet(id: $id) { id } }', { id })
    const { rows } = await payments.query<{ holder: string }>('select distinct holder from wallet_leases')
    for (const { holder } of rows) holders.add(holder)
  }
}

describe('two processors, 200 senders and 50 wallets, with duplicates, cancellations and freezes', () => {
  it('make each payment once or not at all, and leave no wallet below zero and every book in order', async () => {
    const [keys, holders] = [new Set<string>(), new Set<string>()]
    await Promise.all([freezer(holders), ...Array.from({ length: SENDERS }, (_, number) => sender(number, keys))])
    await atRest()

    const { rows: made } = await payments.query<{ id: string; status: string; transfer_ids: string[] }>(
      `select id, status, transfer_ids from payments where kind = 'TRANSFER'`,
    )
    expect(made).toHaveLength(keys.size)
    expect(made.filter(({ status }) => !['COMPLETED', 'FAILED', 'CANCELLED'].includes(status))).toEqual([])
    // Both kinds of end were met: otherwise this proves little.
    for (const status of ['COMPLETED', 'FAILED']) expect(made.some((payment) => payment.status === status)).toBe(true)

    const { rows: journals } = await ledger.query<{ id: string }>(`select id from journals where status = 'POSTED'`)
    const posted = new Set(journals.map(({ id }) => id))
    for (const { id, status, transfer_ids } of made) {
      expect([id, status, posted.has(uuidv5('post', id))]).toEqual([id, status, status === 'COMPLETED'])
      expect(transfer_ids.length > 0).toBe(status === 'COMPLETED')
    }
    const { rows: below } = await ledger.query(
      `select id from accounts where code = 'customer.wallet' and (posted_minor < 0 or held_minor <> 0)`,
    )
    expect(below).toEqual([])
    const { rows: histories } = await payments.query(
      `select payment_id from payment_events group by payment_id
       having count(*) <> max(version) or count(*) filter (where status in ('COMPLETED', 'FAILED', 'CANCELLED')) <> 1`,
    )
    expect(histories).toEqual([])
    const { ledgerInvariants } = await staff.request<{ ledgerInvariants: { name: string; holds: boolean }[] }>(
      '{ ledgerInvariants { name holds } }',
    )
    expect(ledgerInvariants.filter(({ holds }) => !holds)).toEqual([])
    // Both of them worked.
    expect(holders.size).toBe(2)
  }, 240_000)
})
