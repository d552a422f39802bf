import { inProcessWakeups, silentLogger, uuidv7 } from '@corridor/platform'
import { asUser, createTestDatabase, dataOf, type TestClock, type TestDatabase, testClock } from '@corridor/testing'
import { parse, subscribe } from 'graphql'
import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import {
  createPaymentProcessor,
  createPaymentSubgraph,
  type FeePolicy,
  type FundingProvider,
  type PaymentProcessor,
  type PaymentSubgraph,
  type ProviderPayment,
  paymentMigrations,
} from '../src/index.ts'
import type { Settled } from '../src/providers/funding-provider.ts'
import { callbackKey } from '../src/providers/sandbox-provider.ts'
import { FarSide, type TestBeneficiary } from './far-side.ts'

export const CALLBACK_SECRET = 'a callback secret for these tests'

export const WEBHOOK_KEY = Buffer.alloc(32, 7).toString('base64')

export const SCOPES = ['payments:read', 'payments:write', 'forex:read', 'webhooks:read', 'webhooks:write']

/** A payment subgraph and a processor on a database of their own. */
export class TestPayments {
  readonly started: string[] = []
  /** What the provider was asked to begin, by the payment's id. */
  readonly begun = new Map<string, ProviderPayment>()
  /** What the provider says when it is asked; nothing unless a test says so. Settled is what it was to move. */
  readonly outcomes = new Map<string, 'SETTLED' | 'FAILED' | 'OPEN' | Settled>()
  /** What it throws when it is asked to begin a payment, by its id, or by that of the deposit that it gives back. */
  readonly refusals = new Map<string, Error>()
  /** What it waits for before it begins anything. */
  holdUp: Promise<unknown> | null = null
  /** Which payments it was asked about. */
  readonly asked: string[] = []

  private constructor(
    readonly database: TestDatabase,
    readonly subgraph: PaymentSubgraph,
    readonly processor: PaymentProcessor,
    readonly farSide: FarSide,
    readonly clock: TestClock,
  ) {}

  static async open({ fees }: { fees?: FeePolicy } = {}): Promise<TestPayments> {
    const database = await createTestDatabase({ migrationsDirectory: paymentMigrations })
    const farSide = new FarSide()
    const clock = testClock(new Date())
    const wakeups = inProcessWakeups()
    const shared = { databaseUrl: database.applicationUrl, clock, logger: silentLogger, wakeups }
    const subgraph = await createPaymentSubgraph({
      ...shared,
      idempotencySecret: 'a secret for these tests alone',
      funding: { provider: 'sandbox', callbackSecret: CALLBACK_SECRET },
      webhookKey: WEBHOOK_KEY,
      allowPrivateWebhooks: true,
      ...(fees === undefined ? {} : { fees }),
      ...farSide,
    })
    let tests: TestPayments | null = null
    const sandbox: FundingProvider = {
      name: 'sandbox',
      deadlineMs: 60_000,
      async start(payment) {
        tests?.started.push(payment.paymentId)
        const refusal = tests?.refusals.get(payment.paymentId) ?? tests?.refusals.get(payment.refundOf ?? '')
        if (refusal) throw refusal
        await tests?.holdUp
        tests?.begun.set(payment.paymentId, payment)
        return { nextActionUrl: null }
      },
      async outcomeOf({ paymentId, amountMinor, currency }) {
        tests?.asked.push(paymentId)
        const outcome = tests?.outcomes.get(paymentId) ?? null
        return outcome === 'SETTLED' ? { amountMinor, currency } : outcome
      },
    }
    const processor = createPaymentProcessor({
      ...shared,
      service: 'payment-processor',
      ...farSide,
      providers: { sandbox },
    })
    tests = new TestPayments(database, subgraph, processor, farSide, clock)
    processor.start()
    return tests
  }

  async close(): Promise<void> {
    await this.processor.stop()
    await this.subgraph.close()
    await this.database.drop()
  }

  customer(id = uuidv7()) {
    return asUser(id, ...SCOPES)
  }

  wallet(owner: string, currency = 'USD'): string {
    const id = uuidv7()
    this.farSide.wallets.set(id, { id, owner, currency, status: 'ACTIVE' })
    return id
  }

  beneficiary(owner: string, fields: Partial<TestBeneficiary> = {}): TestBeneficiary {
    const bank = { delivery: 'BANK', walletId: null, currency: 'USD', country: 'US', active: true }
    const beneficiary = { id: uuidv7(), owner, ...bank, ...fields }
    this.farSide.beneficiaries.set(beneficiary.id, beneficiary)
    return beneficiary
  }

  async rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.subgraph.pool.query(sql, values)).rows
  }

  /** Waits, through the subscription, until a payment has one of the states; answers all states seen. */
  async until(context: ReturnType<typeof asUser>, id: string, ...states: string[]): Promise<string[]> {
    const stream = await subscribe({
      schema: this.subgraph.schema,
      document: parse('subscription ($id: ID!) { paymentStatusChanged(id: $id) { status } }'),
      variableValues: { id },
      contextValue: { ...context },
    })
    if (!(Symbol.asyncIterator in stream)) throw stream.errors?.[0] ?? new Error('not a stream')
    const seen: string[] = []
    for await (const { data, errors } of stream) {
      if (errors?.[0]) throw errors[0]
      const event = data?.paymentStatusChanged as { status: string } | undefined // As selected above.
      const status = event?.status ?? ''
      seen.push(status)
      if (states.includes(status)) break
    }
    return seen
  }

  /** Lets a provider's deadline pass, until what it answered of a payment or refund is committed. */
  async passDeadline(id: string): Promise<void> {
    const sql = `select 1 from payments where id = $1 and provider_started_at is not null and due_at > $2
                 union all select 1 from refunds where id = $1 and provider_started_at is not null and due_at > $2`
    const waits = () => expect.poll(() => this.rows(sql, [id, this.clock.now()])).toHaveLength(1)
    await waits()
    this.clock.advanceMs(60_001)
    await waits()
  }

  async callBack(
    told: { paymentId: string; outcome: string; amountMinor: string; currency: string },
    { secret = CALLBACK_SECRET, event = 'first', now = new Date() } = {},
  ) {
    const body = JSON.stringify(told)
    const id = `${event}-${told.paymentId}`
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(callbackKey(secret)).sign(id, now, body),
    }
    const route = this.subgraph.routes['POST /callbacks/*']
    if (!route) throw new Error('callbacks are served')
    return await route({ path: '/callbacks/sandbox', headers, body: Buffer.from(body) })
  }

  data<Data>(
    context: ReturnType<typeof asUser>,
    document: string,
    variables: Record<string, unknown> = {},
  ): Promise<Data> {
    return dataOf<Data>(this.subgraph.schema, context, document, variables)
  }
}
