import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from 'graphql-ws'
import pg from 'pg'
import { Pool } from 'undici'
import WebSocket from 'ws'
import type { BenchPlatform } from './bench-platform.ts'

const USER_SCOPES = [
  'forex:read',
  'ledger:read',
  'payments:read',
  'payments:write',
  'limits:read',
  'wallets:read',
  'wallets:write',
]
const STAFF_SCOPES = [...USER_SCOPES, 'profile:admin', 'ledger:audit', 'payments:review', 'wallets:admin']
const AT_REST: ReadonlySet<string> = new Set(['COMPLETED', 'DECLINED', 'FAILED', 'CANCELLED', 'IN_REVIEW'])
const CUSTOMERS = 50
const FUNDS = '50000.00'
const KNOWN_TIMEOUT_MS = 30_000
const POLL_MS = 50

/** A user of the public API: requests over kept-alive connections, and, if he watches, his payments' events. */
export class ApiUser {
  readonly subject: string
  readonly #http: Pool
  readonly #token: string
  readonly #origin: string
  readonly #waiting = new Map<string, (status: string) => void>()
  readonly #early = new Map<string, string>()
  #sockets: Client | null = null

  constructor(input: { subject: string; token: string; http: Pool; origin: string }) {
    this.subject = input.subject
    this.#token = input.token
    this.#http = input.http
    this.#origin = input.origin
  }

  /** One operation that must succeed. */
  async request<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const { body } = await this.#http.request({
      method: 'POST',
      path: '/graphql',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await body.json()) as { data?: Data; errors?: unknown } // GraphQL over HTTP.
    if (errors || !data) throw new Error(`refused: ${JSON.stringify(errors)}`)
    return data
  }

  /** Opens the stream of this user's payments. */
  async watch(): Promise<void> {
    const sockets = createClient({
      url: `${this.#origin.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazy: false,
      connectionParams: { authorization: `Bearer ${this.#token}` },
    })
    this.#sockets = sockets
    const connected = new Promise<void>((resolve) => sockets.on('connected', () => resolve()))
    sockets.subscribe<{ paymentStatusChanged: { status: string; payment: { id: string } } }>(
      { query: 'subscription { paymentStatusChanged { status payment { id } } }' },
      {
        next: ({ data }) => {
          if (!data) throw new Error('an event without data')
          this.#see(data.paymentStatusChanged.payment.id, data.paymentStatusChanged.status)
        },
        error: (error) => this.#fail(error),
        complete: () => undefined,
      },
    )
    await connected
  }

  /** The state in which a payment comes to rest, as the stream says it. */
  rested(paymentId: string): Promise<string> {
    const early = this.#early.get(paymentId)
    this.#early.delete(paymentId)
    if (early !== undefined) return Promise.resolve(early)
    return new Promise((resolve) => this.#waiting.set(paymentId, resolve))
  }

  async close(): Promise<void> {
    await this.#sockets?.dispose()
  }

  #see(paymentId: string, status: string): void {
    if (!AT_REST.has(status)) return
    const waiting = this.#waiting.get(paymentId)
    this.#waiting.delete(paymentId)
    if (waiting) waiting(status)
    else this.#early.set(paymentId, status)
  }

  #fail(error: unknown): void {
    console.error('a stream of events ended', error)
    process.exit(1)
  }
}

export interface Customer {
  readonly user: ApiUser
  /** Wallets by currency. */
  readonly usd: string
  readonly eur: string
}

export interface Population {
  readonly customers: readonly Customer[]
  readonly staff: ApiUser
  close(): Promise<void>
}

/** 50 customers of known identity with 100 funded wallets, each watching his payments. */
export async function populate(platform: BenchPlatform): Promise<Population> {
  const { origin } = new URL(platform.url)
  const http = new Pool(origin, { connections: 96, pipelining: 1 })
  const make = async (scopes: readonly string[]): Promise<ApiUser> => {
    const subject = randomUUID()
    return new ApiUser({ subject, token: await platform.token({ subject, scopes }), http, origin })
  }
  await raisePace(platform)
  const staff = await make(STAFF_SCOPES)
  const customers: Customer[] = []
  for (let index = 0; index < CUSTOMERS; index += 1) customers.push(await open(await make(USER_SCOPES), staff))
  await Promise.all(customers.map(({ user }) => known(user)))
  await Promise.all(customers.map(({ user }) => user.watch()))
  await Promise.all(customers.map(fund))
  return {
    customers,
    staff,
    async close() {
      await Promise.all(customers.map(({ user }) => user.close()))
      await http.close()
    },
  }
}

async function open(user: ApiUser, staff: ApiUser): Promise<Customer> {
  await user.request('{ me { id } }')
  await staff.request('mutation ($id: ID!) { decideKyc(profileId: $id, status: VERIFIED, note: "bench") { id } }', {
    id: user.subject,
  })
  const wallet = async (currency: string): Promise<string> => {
    const { openWallet } = await user.request<{ openWallet: { id: string } }>(
      'mutation ($input: OpenWalletInput!) { openWallet(input: $input) { id } }',
      { input: { idempotencyKey: randomUUID(), currency } },
    )
    return openWallet.id
  }
  return { user, usd: await wallet('USD'), eur: await wallet('EUR') }
}

/** Waits until the rules know of the customer's identity. */
async function known(user: ApiUser): Promise<void> {
  const deadline = performance.now() + KNOWN_TIMEOUT_MS
  while (performance.now() < deadline) {
    const { myLimits } = await user.request<{ myLimits: { limit: { amount: string } }[] }>(
      '{ myLimits { limit { amount } } }',
    )
    if (myLimits.some(({ limit }) => Number(limit.amount) >= Number(FUNDS))) return
    await sleep(POLL_MS)
  }
  throw new Error('the rules did not hear of a customer in time')
}

async function fund({ user, usd, eur }: Customer): Promise<void> {
  for (const [walletId, currency, amount] of [
    [usd, 'USD', FUNDS],
    [eur, 'EUR', '1000.00'],
  ] as const) {
    const { deposit } = await user.request<{ deposit: { id: string } }>(
      'mutation ($input: DepositInput!) { deposit(input: $input) { id } }',
      { input: { idempotencyKey: randomUUID(), walletId, amount: { amount, currency } } },
    )
    const status = await user.rested(deposit.id)
    if (status !== 'COMPLETED') throw new Error(`a deposit ended ${status}`)
  }
}

/**
 * All rules stay on; only the number of payments within an hour from which on everything goes to review is raised, since
 * no customer of flesh and blood pays as often as these do. A new version of the rule set, as `activateRuleSet` leaves it.
 */
async function raisePace({ adminUrl }: BenchPlatform): Promise<void> {
  const url = new URL(adminUrl)
  url.pathname = '/rule_engine_db'
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  try {
    await client.query('begin')
    const { rowCount } = await client.query(
      `with retired as (update rule_sets set status = 'RETIRED' where name = 'fraud' and status = 'ACTIVE' returning *)
       select 1 from retired`,
    )
    const made = await client.query(
      `insert into rule_sets (name, version, status, description, model, created_at, created_by)
       select name, version + 1, 'ACTIVE', description,
              replace(replace(model::text, 'payments >= 100', 'payments >= 1000000'), 'payments < 100', 'payments < 1000000')::jsonb,
              now(), created_by
       from rule_sets where name = 'fraud' and model::text like '%payments >= 100%' order by version desc limit 1`,
    )
    if (rowCount !== 1 || made.rowCount !== 1) throw new Error('the rule set "fraud" is not as this benchmark knows it')
    await client.query('commit')
  } finally {
    await client.end()
  }
}
