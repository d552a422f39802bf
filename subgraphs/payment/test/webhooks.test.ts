import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inProcessBus, Relay } from '@corridor/events'
import { createPool, inProcessWakeups, type Pool, silentLogger, uuidv7 } from '@corridor/platform'
import { asUser, codesOf, run } from '@corridor/testing'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createWebhookSender, type WebhookSender } from '../src/index.ts'
import { LONGEST_WAITS_MS } from '../src/webhooks/webhook-sender.ts'
import { hastenDeliveries } from '../src/webhooks/webhook-store.ts'
import { SCOPES, TestPayments, WEBHOOK_KEY } from './platform.ts'

interface Received {
  readonly headers: Record<string, string>
  readonly body: string
}

/** A customer's endpoint, which answers as it is told. */
class Endpoint {
  readonly received: Received[] = []
  answer = 204
  url = ''
  location: string | undefined
  private server: Server | null = null

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const headers = request.headers as Record<string, string> // Each of ours comes once.
        this.received.push({ headers, body: Buffer.concat(chunks).toString() })
        response.writeHead(this.answer, this.location === undefined ? {} : { location: this.location })
        response.end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.server = server
    const { port } = server.address() as AddressInfo // It listens on TCP.
    this.url = `http://127.0.0.1:${port}/hooks`
  }

  stop(): void {
    this.server?.close()
    this.server?.closeAllConnections()
  }
}

/** Payments whose events reach a sender by a relay. */
class World {
  private constructor(
    readonly payments: TestPayments,
    private readonly pool: Pool,
    private readonly relay: Relay,
    private readonly sender: WebhookSender,
  ) {}

  static async open(allowPrivate: boolean): Promise<World> {
    const opened = await TestPayments.open()
    const { applicationUrl: databaseUrl } = opened.database
    const wakeups = inProcessWakeups()
    const pool = createPool({ url: databaseUrl, service: 'test' })
    const bus = inProcessBus({ logger: silentLogger })
    const relay = new Relay({ domain: 'payment', pool, bus, logger: silentLogger, wakeups })
    const sender = createWebhookSender({
      databaseUrl,
      webhookKey: WEBHOOK_KEY,
      clock: opened.clock,
      logger: silentLogger,
      wakeups,
      allowPrivate,
    })
    await bus.subscribe(sender.consumer)
    relay.start()
    sender.start()
    return new World(opened, pool, relay, sender)
  }

  async close(): Promise<void> {
    await this.relay.stop()
    await this.sender.stop()
    await this.pool.end()
    await this.payments.close()
  }
}

let world: World
let payments: TestPayments
const endpoint = new Endpoint()

beforeAll(async () => {
  world = await World.open(true)
  payments = world.payments
})
afterAll(() => world.close())
beforeEach(async () => {
  endpoint.received.splice(0)
  endpoint.answer = 204
  endpoint.location = undefined
  await endpoint.start()
})
afterEach(() => endpoint.stop())

const REGISTER = `mutation ($input: RegisterWebhookInput!) { registerWebhook(input: $input) { id url events secret } }`
const DELIVERIES = `query ($id: ID!, $status: DeliveryStatus) { webhookDeliveries(webhookId: $id, status: $status) {
  edges { node { id eventType status attempts lastError nextAttemptAt } } } }`

type Context = ReturnType<typeof asUser>

interface Registered {
  readonly id: string
  readonly secret: string | null
}

interface Delivery {
  readonly id: string
  readonly eventType: string
  readonly status: string
  readonly attempts: number
  readonly lastError: string | null
  readonly nextAttemptAt: string | null
}

const usd = (amount: string) => ({ amount, currency: 'USD' })

const register = async (customer: Context, input: Record<string, unknown> = {}): Promise<Registered> => {
  const given = { idempotencyKey: uuidv7(), url: endpoint.url, events: [], ...input }
  const { registerWebhook } = await payments.data<{ registerWebhook: Registered }>(customer, REGISTER, { input: given })
  return registerWebhook
}

const deliveriesOf = async (customer: Context, { id }: Registered): Promise<Delivery[]> => {
  const { webhookDeliveries } = await payments.data<{ webhookDeliveries: { edges: { node: Delivery }[] } }>(
    customer,
    DELIVERIES,
    { id },
  )
  return webhookDeliveries.edges.map(({ node }) => node)
}

/** A completed transfer of one dollar; answers its id. */
async function pay(payer: Context, payee: Context): Promise<string> {
  const input = {
    idempotencyKey: uuidv7(),
    fromWalletId: payments.wallet(payer.caller.subject ?? ''),
    toWalletId: payments.wallet(payee.caller.subject ?? ''),
    debit: usd('1.00'),
  }
  const { sendPayment } = await payments.data<{ sendPayment: { id: string } }>(
    payer,
    'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }',
    { input },
  )
  await payments.until(payer, sendPayment.id, 'COMPLETED')
  return sendPayment.id
}

const until = (holds: () => void | Promise<void>) => vi.waitFor(holds, { timeout: 40_000, interval: 50 })

describe('a webhook', () => {
  it("is told every event of its owner's payments, signed, without personal data", async () => {
    const [payer, payee] = [payments.customer(), payments.customer()]
    const { secret } = await register(payer)
    const paymentId = await pay(payer, payee)
    await until(() => expect(endpoint.received).toHaveLength(2))
    const verifier = new Webhook(secret ?? '')
    const told = endpoint.received.map(
      ({ headers, body }) => verifier.verify(body, headers) as { type: string; data: object },
    )
    expect(told.map(({ type }) => type).sort()).toEqual(['payment.completed', 'payment.pending'])
    expect(told.find(({ type }) => type === 'payment.completed')?.data).toEqual({ paymentId, status: 'COMPLETED' })
    expect(new Set(endpoint.received.map(({ headers }) => headers['webhook-id'])).size).toBe(2)
    expect(() =>
      new Webhook('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA').verify(
        endpoint.received[0]?.body ?? '',
        endpoint.received[0]?.headers ?? {},
      ),
    ).toThrow()
  })

  it('of a payee is told what has reached him, and of events that it wants alone', async () => {
    const [payer, payee] = [payments.customer(), payments.customer()]
    const all = await register(payee)
    const few = await register(payee, { events: ['payment.refunded'] })
    await pay(payer, payee)
    await until(async () =>
      expect(await deliveriesOf(payee, all)).toMatchObject([
        { eventType: 'payment.completed', status: 'DELIVERED', attempts: 1 },
      ]),
    )
    expect(await deliveriesOf(payee, few)).toEqual([])
  })

  it('shows its secret once, and keeps it sealed', async () => {
    const customer = payments.customer()
    const input = { idempotencyKey: uuidv7(), url: endpoint.url, events: ['payment.failed'] }
    const first = await register(customer, input)
    expect(first.secret).toMatch(/^whsec_/)
    expect(await register(customer, input)).toEqual({ ...first, secret: null })
    const { webhooks } = await payments.data<{ webhooks: unknown[] }>(customer, '{ webhooks { id url events secret } }')
    expect(webhooks).toEqual([{ ...first, secret: null }])
    const [row] = await payments.rows('select secret_ct from webhooks where id = $1', [first.id])
    expect(String(row?.secret_ct)).not.toContain(first.secret?.slice('whsec_'.length))
    const codes = codesOf(payments.subgraph.schema, customer, REGISTER, { input: { ...input, events: [] } })
    expect(await codes).toEqual(['IDEMPOTENCY_MISMATCH'])
  })

  it('is attempted again with growing pauses under the same id, and is dead after a day', async () => {
    const [payer, payee] = [payments.customer(), payments.customer()]
    const webhook = await register(payer, { events: ['payment.completed'] })
    endpoint.answer = 500
    await pay(payer, payee)
    const hour = 3_600_000
    const pauses = [5, 300, 1_800, 7_200, 18_000, 36_000, 21_600]
    for (let attempts = 1; attempts <= 8; attempts++) {
      await until(async () => {
        const [delivery] = await deliveriesOf(payer, webhook)
        expect(delivery).toMatchObject({ attempts, status: attempts === 8 ? 'DEAD' : 'PENDING' })
        expect(delivery?.lastError).toBe('The endpoint answered 500.')
        const pauseMs = Date.parse(delivery?.nextAttemptAt ?? '') - payments.clock.now().getTime()
        expect(attempts === 8 || pauses[attempts - 1] === pauseMs / 1_000).toBe(true)
      })
      payments.clock.advanceMs(10 * hour)
    }
    expect(new Set(endpoint.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    const [dead] = await deliveriesOf(payer, webhook)
    endpoint.answer = 200
    const replayed = await payments.data<{ replayWebhookDelivery: Delivery }>(
      payer,
      'mutation ($id: ID!) { replayWebhookDelivery(id: $id) { status attempts } }',
      { id: dead?.id },
    )
    expect(replayed.replayWebhookDelivery).toEqual({ status: 'PENDING', attempts: 0 })
    await until(async () =>
      expect(await deliveriesOf(payer, webhook)).toMatchObject([{ status: 'DELIVERED', attempts: 1 }]),
    )
  })

  it('waits for its pause alone when the clock that put it off is set back by an hour', async () => {
    const [payer, payee] = [payments.customer(), payments.customer()]
    const webhook = await register(payer, { events: ['payment.completed'] })
    endpoint.answer = 500
    await pay(payer, payee)
    const putOffMs = async (): Promise<number> => {
      const [delivery] = await deliveriesOf(payer, webhook)
      return Date.parse(delivery?.nextAttemptAt ?? '') - payments.clock.now().getTime()
    }
    const hasten = () =>
      hastenDeliveries(payments.subgraph.pool, {
        now: payments.clock.now(),
        longestMs: LONGEST_WAITS_MS,
        limit: 100,
      })
    for (const pauseMs of [5_000, 300_000]) {
      await until(async () => expect(await putOffMs()).toBe(pauseMs))
      if (pauseMs === 5_000) payments.clock.advanceMs(pauseMs)
    }
    expect(await hasten()).toBe(0)
    payments.clock.set(new Date(payments.clock.now().getTime() - 3_600_000))
    await hasten()
    expect(await putOffMs()).toBe(300_000)
    endpoint.answer = 204
    payments.clock.advanceMs(300_000)
    await until(async () => expect(await deliveriesOf(payer, webhook)).toMatchObject([{ status: 'DELIVERED' }]))
  })

  it('whose every attempt killed its sender is given up, and not sent again', async () => {
    const [payer, payee] = [payments.customer(), payments.customer()]
    const webhook = await register(payer, { events: ['payment.completed'] })
    await pay(payer, payee)
    await until(async () => expect(await deliveriesOf(payer, webhook)).toMatchObject([{ status: 'DELIVERED' }]))
    endpoint.received.splice(0)
    await payments.rows(
      `update webhook_deliveries set status = 'PENDING', attempts = 8, next_attempt_at = $2 where webhook_id = $1`,
      [webhook.id, payments.clock.now()],
    )
    await until(async () =>
      expect(await deliveriesOf(payer, webhook)).toMatchObject([
        { status: 'DEAD', attempts: 8, lastError: 'The attempt did not end.' },
      ]),
    )
    expect(endpoint.received).toEqual([])
  })

  it('follows no redirect', async () => {
    const [payer, payee] = [payments.customer(), payments.customer()]
    const webhook = await register(payer, { events: ['payment.completed'] })
    endpoint.answer = 302
    endpoint.location = endpoint.url
    await pay(payer, payee)
    await until(async () =>
      expect(await deliveriesOf(payer, webhook)).toMatchObject([{ lastError: 'The endpoint answered 302.' }]),
    )
    expect(endpoint.received).toHaveLength(1)
  })

  it("that is deleted is told nothing more, and is nobody else's to delete", async () => {
    const [owner, other] = [payments.customer(), payments.customer()]
    const { id } = await register(owner)
    const remove = 'mutation ($id: ID!) { deleteWebhook(id: $id) }'
    expect(await codesOf(payments.subgraph.schema, other, remove, { id })).toEqual(['NOT_FOUND'])
    expect(await codesOf(payments.subgraph.schema, other, DELIVERIES, { id })).toEqual(['NOT_FOUND'])
    expect(await payments.data(owner, remove, { id })).toEqual({ deleteWebhook: true })
    expect(await codesOf(payments.subgraph.schema, owner, remove, { id })).toEqual(['NOT_FOUND'])
    await pay(owner, other)
    expect(endpoint.received).toEqual([])
  })

  it('is one of twenty at most', async () => {
    const customer = payments.customer()
    for (let index = 0; index < 20; index++) await register(customer)
    const input = { idempotencyKey: uuidv7(), url: endpoint.url, events: [] }
    expect(await codesOf(payments.subgraph.schema, customer, REGISTER, { input })).toEqual(['LIMIT_EXCEEDED'])
  })

  it('demands its scopes', async () => {
    const stranger = asUser(uuidv7(), ...SCOPES.filter((scope) => !scope.startsWith('webhooks')))
    const { errors } = await run(payments.subgraph.schema, stranger, '{ webhooks { id } }')
    expect(errors).toHaveLength(1)
  })
})

describe('a sender outside development', () => {
  it('refuses a name that leads to an address that is not public', async () => {
    const development = payments
    const strict = await World.open(false)
    payments = strict.payments
    try {
      const [payer, payee] = [payments.customer(), payments.customer()]
      const webhook = await register(payer, {
        url: endpoint.url.replace('127.0.0.1', 'localhost'),
        events: ['payment.completed'],
      })
      await pay(payer, payee)
      await until(async () =>
        expect(await deliveriesOf(payer, webhook)).toMatchObject([{ lastError: 'The address is not public.' }]),
      )
      expect(endpoint.received).toEqual([])
    } finally {
      payments = development
      await strict.close()
    }
  })
})
