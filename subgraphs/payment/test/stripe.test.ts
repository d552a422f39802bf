import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Fault, silentLogger, uuidv7 } from '@corridor/platform'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FundingProvider, ProviderPayment } from '../src/index.ts'
import { fromStripeAmount, toStripeAmount } from '../src/providers/stripe-amount.ts'
import { stripeCallbackReader } from '../src/providers/stripe-callback.ts'
import { PAYMENT_ID, stripeClient, stripeProvider } from '../src/providers/stripe-provider.ts'

interface Call {
  readonly method: string | undefined
  readonly path: string
  readonly idempotencyKey: string | undefined
  readonly authorization: string | undefined
  readonly form: URLSearchParams
}

interface Answer {
  readonly status?: number
  readonly body: unknown
}

/** What the documented API answers, by the path that is asked, or by method and path; it may depend on what is asked. */
type Answers = Record<string, Answer | ((form: URLSearchParams) => Answer)>

let server: Server
let asked: Call[]
let answers: Answers
let provider: FundingProvider
let apiBase: URL

beforeEach(async () => {
  asked = []
  answers = {}
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { pathname, search } = new URL(request.url ?? '/', 'http://stripe')
      const form = new URLSearchParams(Buffer.concat(chunks).toString() || search)
      asked.push({
        method: request.method,
        path: pathname,
        idempotencyKey: request.headers['idempotency-key']?.toString(),
        authorization: request.headers.authorization,
        form,
      })
      const given = answers[`${request.method} ${pathname}`] ??
        answers[pathname] ?? { status: 404, body: { error: { type: 'invalid_request_error' } } }
      const answer = typeof given === 'function' ? given(form) : given
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // It listens on TCP.
  apiBase = new URL(`http://127.0.0.1:${port}`)
  provider = stripeProvider({ secretKey: 'sk_test_1', returnUrl: 'https://app.test/', logger: silentLogger, apiBase })
})
afterEach(() => {
  server.close()
  server.closeAllConnections()
})

type Asked = ProviderPayment & { readonly reference: string | null }
const payment = (fields: Partial<Asked> = {}): Asked => ({
  paymentId: uuidv7(),
  kind: 'DEPOSIT',
  amountMinor: 12_345n,
  currency: 'USD',
  refundOf: null,
  payout: null,
  reference: null,
  ...fields,
})

const refusal = (code: string) => ({ status: 400, body: { error: { type: 'invalid_request_error', code } } })
const intents = (...data: object[]) => ({ body: { object: 'search_result', data, has_more: false } })

describe('an amount', () => {
  it.each([
    ['USD', 12_345n, 12_345],
    ['JPY', 500n, 500],
    ['KWD', 1_230n, 1_230],
    ['KWD', 1_235n, null],
    ['ISK', 5n, 500],
    ['UGX', 5n, 500],
    ['USD', 2n ** 60n, null],
  ])('of %s: %s is %s at Stripe', (currency, minor, stripe) => {
    expect(toStripeAmount(minor, currency)).toBe(stripe)
    if (stripe !== null) expect(fromStripeAmount(stripe, currency)).toBe(minor)
  })

  it('that is none is not read as one', () => {
    for (const amount of [-1, 1.5, Number.NaN, 2 ** 60]) expect(fromStripeAmount(amount, 'USD')).toBeNull()
    expect(fromStripeAmount(150, 'ISK')).toBeNull()
  })
})

describe('a deposit', () => {
  it('begins as a page of Stripe, under a key made of the payment', async () => {
    answers['/v1/checkout/sessions'] = { body: { id: 'cs_1', url: 'https://checkout.stripe.test/cs_1' } }
    const deposit = payment()
    expect(await provider.start(deposit)).toEqual({
      nextActionUrl: 'https://checkout.stripe.test/cs_1',
      reference: 'cs_1',
    })
    const [call] = asked
    expect(call?.idempotencyKey).toBe(`deposit-${deposit.paymentId}`)
    expect(call?.authorization).toBe('Bearer sk_test_1')
    expect(call?.form.get('line_items[0][price_data][unit_amount]')).toBe('12345')
    expect(call?.form.get('line_items[0][price_data][currency]')).toBe('usd')
    expect(call?.form.get(`payment_intent_data[metadata][${PAYMENT_ID}]`)).toBe(deposit.paymentId)
  })

  it.each([
    ['USD', 12_344, 12_344n],
    ['ISK', 1_234_500, 12_345n],
    ['ISK', 150, null],
  ])('that succeeded moved what was received: %s %s is %s', async (currency, received, amountMinor) => {
    const intent = { id: 'pi_1', status: 'succeeded', amount: 1, amount_received: received }
    answers['/v1/payment_intents/search'] = intents({ ...intent, currency: currency.toLowerCase() })
    expect(await provider.outcomeOf(payment({ currency }))).toEqual({ amountMinor, currency })
  })

  it.each([
    ['canceled', 'FAILED'],
    ['processing', 'OPEN'],
    ['requires_payment_method', 'OPEN'],
    ['requires_action', 'OPEN'],
  ])('that is %s at Stripe is %s here', async (status, outcome) => {
    answers['/v1/payment_intents/search'] = intents({ id: 'pi_1', status })
    expect(await provider.outcomeOf(payment())).toBe(outcome)
  })

  it('that Stripe does not know yet is not failed', async () => {
    answers['/v1/payment_intents/search'] = intents()
    expect(await provider.outcomeOf(payment())).toBeNull()
  })

  it.each([
    ['open', 'OPEN'],
    ['expired', 'FAILED'],
    ['complete', 'OPEN'],
  ])('whose page is %s, and that has no payment, is %s', async (status, outcome) => {
    answers['/v1/payment_intents/search'] = intents()
    answers['/v1/checkout/sessions/cs_1'] = { body: { id: 'cs_1', status } }
    expect(await provider.outcomeOf(payment({ reference: 'cs_1' }))).toBe(outcome)
  })

  it('whose page ended after a card was tried in vain has failed', async () => {
    answers['/v1/payment_intents/search'] = intents({ id: 'pi_1', status: 'requires_payment_method' })
    answers['/v1/checkout/sessions/cs_1'] = { body: { id: 'cs_1', status: 'expired' } }
    expect(await provider.outcomeOf(payment({ reference: 'cs_1' }))).toBe('FAILED')
  })

  it('that Stripe refuses for good has failed', async () => {
    answers['/v1/checkout/sessions'] = refusal('amount_too_small')
    expect(await provider.start(payment())).toEqual({ nextActionUrl: null, outcome: 'FAILED' })
    expect(asked).toHaveLength(1)
  })

  it('that Stripe refuses for the key of ours has not', async () => {
    answers['/v1/checkout/sessions'] = { status: 401, body: { error: { type: 'invalid_request_error' } } }
    await expect(provider.start(payment())).rejects.toThrow()
  })

  it('of an amount that Stripe cannot move fails without asking', async () => {
    expect(await provider.start(payment({ currency: 'KWD', amountMinor: 1_001n }))).toMatchObject({ outcome: 'FAILED' })
    expect(asked).toEqual([])
  })

  it.each([
    [500, 'api_error', 3],
    [503, 'api_error', 3],
    [429, 'rate_limit_error', 1],
  ])('meets %s of Stripe as a fault that passes', async (status, type, attempts) => {
    answers['/v1/checkout/sessions'] = { status, body: { error: { type, message: 'no' } } }
    await expect(provider.start(payment())).rejects.toThrow(Fault)
    expect(asked).toHaveLength(attempts)
    expect(new Set(asked.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
  })

  it('meets no answer at all as a fault that passes', async () => {
    server.close()
    server.closeAllConnections()
    await expect(provider.start(payment())).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  })
})

describe('money that goes out', () => {
  it.each(['WITHDRAWAL', 'PAYOUT'] as const)('%s fails at once, and Stripe is not asked', async (kind) => {
    expect(await provider.start(payment({ kind }))).toEqual({ nextActionUrl: null, outcome: 'FAILED' })
    expect(await provider.outcomeOf(payment({ kind }))).toBe('FAILED')
    expect(asked).toEqual([])
  })
})

describe('a refund', () => {
  const refund = (): Asked => payment({ kind: 'REFUND', amountMinor: 300n, refundOf: uuidv7() })

  it('gives back part of the payment intent of its deposit', async () => {
    answers['/v1/payment_intents/search'] = intents({ id: 'pi_1', status: 'succeeded' })
    answers['GET /v1/refunds'] = { body: { data: [] } }
    answers['POST /v1/refunds'] = { body: { id: 're_1', status: 'pending' } }
    const wanted = refund()
    expect(await provider.start(wanted)).toEqual({ nextActionUrl: null })
    expect(asked[0]?.form.get('query')).toBe(`metadata['${PAYMENT_ID}']:'${wanted.refundOf}'`)
    expect(asked[2]?.idempotencyKey).toBe(`refund-${wanted.paymentId}`)
    expect(Object.fromEntries(asked[2]?.form ?? [])).toMatchObject({ payment_intent: 'pi_1', amount: '300' })
  })

  it('that succeeded gave back what Stripe says', async () => {
    const wanted = refund()
    const data = [
      { id: 're_1', status: 'succeeded', amount: 299, currency: 'usd', metadata: { [PAYMENT_ID]: wanted.paymentId } },
    ]
    answers['/v1/payment_intents/search'] = intents({ id: 'pi_1', status: 'succeeded' })
    answers['/v1/refunds'] = { body: { data } }
    expect(await provider.outcomeOf(wanted)).toEqual({ amountMinor: 299n, currency: 'USD' })
  })

  it.each([
    ['failed', 'FAILED'],
    ['canceled', 'FAILED'],
    ['pending', 'OPEN'],
    ['requires_action', 'OPEN'],
  ])('that is %s at Stripe is %s here', async (status, outcome) => {
    const wanted = refund()
    answers['/v1/payment_intents/search'] = intents({ id: 'pi_1', status: 'succeeded' })
    answers['/v1/refunds'] = { body: { data: [{ id: 're_1', status, metadata: { [PAYMENT_ID]: wanted.paymentId } }] } }
    expect(await provider.outcomeOf(wanted)).toBe(outcome)
  })

  it.each(['charge_disputed', 'charge_already_refunded'])('that Stripe refuses as %s has failed', async (code) => {
    answers['/v1/payment_intents/search'] = intents({ id: 'pi_1', status: 'succeeded' })
    answers['POST /v1/refunds'] = refusal(code)
    answers['/v1/refunds'] = { body: { data: [] } }
    expect(await provider.start(refund())).toEqual({ nextActionUrl: null, outcome: 'FAILED' })
  })

  it('that was begun before is not begun again, however long ago its key was forgotten', async () => {
    const wanted = refund()
    answers['/v1/payment_intents/search'] = intents({ id: 'pi_1', status: 'succeeded' })
    answers['POST /v1/refunds'] = { body: { id: 're_2', status: 'pending' } }
    answers['/v1/refunds'] = { body: { data: [{ id: 're_1', metadata: { [PAYMENT_ID]: wanted.paymentId } }] } }
    expect(await provider.start(wanted)).toEqual({ nextActionUrl: null })
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/payment_intents/search',
      'GET /v1/refunds',
    ])
  })

  it.each([0, 99, 100, 250])('is found behind %i others of its deposit', async (others) => {
    const wanted = refund()
    const all = Array.from({ length: others + 1 }, (_, index) => ({
      id: `re_${index}`,
      status: 'succeeded',
      amount: index,
      currency: 'usd',
      metadata: { [PAYMENT_ID]: index === others ? wanted.paymentId : uuidv7() },
    }))
    answers['/v1/payment_intents/search'] = intents({ id: 'pi_1', status: 'succeeded' })
    answers['/v1/refunds'] = (form) => {
      expect(form.get('payment_intent')).toBe('pi_1')
      const from = all.findIndex(({ id }) => id === form.get('starting_after')) + 1
      const data = all.slice(from, from + Number(form.get('limit')))
      return { body: { object: 'list', data, has_more: from + data.length < all.length } }
    }
    expect(await provider.outcomeOf(wanted)).toEqual({ amountMinor: BigInt(others), currency: 'USD' })
  })

  it('waits for a deposit that the search does not show yet', async () => {
    answers['/v1/payment_intents/search'] = intents()
    await expect(provider.start(refund())).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  })
})

describe('a callback', () => {
  const SECRET = 'whsec_test'
  const stripe = () => stripeClient({ secretKey: 'sk_test_1', apiBase })
  const event = (type: string, object: object) =>
    JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } })

  async function read(body: string, { secret = SECRET, timestamp = Math.floor(Date.now() / 1_000) } = {}) {
    const signature = await stripe().webhooks.generateTestHeaderStringAsync({ payload: body, secret, timestamp })
    return stripeCallbackReader(
      stripe(),
      SECRET,
    )({ headers: { 'stripe-signature': signature }, body: Buffer.from(body) })
  }

  it('tells of a deposit that succeeded or was given up', async () => {
    const subjectId = uuidv7()
    const object = { metadata: { [PAYMENT_ID]: subjectId }, amount: 900, amount_received: 1_000, currency: 'jpy' }
    expect(await read(event('payment_intent.succeeded', object))).toEqual({
      read: 'told',
      told: { eventId: 'evt_1', subjectId, word: 'SETTLED', amountMinor: 1_000n, currency: 'JPY' },
    })
    expect(await read(event('payment_intent.canceled', object))).toMatchObject({
      told: { word: 'FAILED', amountMinor: 900n },
    })
  })

  it('tells of a page that nobody has paid on', async () => {
    const subjectId = uuidv7()
    const session = { metadata: { [PAYMENT_ID]: subjectId }, amount_total: 900, currency: 'usd' }
    expect(await read(event('checkout.session.expired', session))).toMatchObject({
      read: 'told',
      told: { subjectId, word: 'FAILED', amountMinor: 900n, currency: 'USD' },
    })
  })

  it('tells of a refund, and of a dispute that took the money', async () => {
    const subjectId = uuidv7()
    const metadata = { [PAYMENT_ID]: subjectId }
    const refund = { metadata, amount: 300, currency: 'usd', status: 'succeeded' }
    expect(await read(event('refund.updated', refund))).toMatchObject({ told: { subjectId, word: 'SETTLED' } })
    expect(await read(event('refund.updated', { ...refund, status: 'pending' }))).toEqual({ read: 'nothing' })
    answers['/v1/payment_intents/pi_1'] = { body: { id: 'pi_1', metadata } }
    const dispute = { payment_intent: 'pi_1', amount: 1_000, currency: 'usd' }
    expect(await read(event('charge.dispute.funds_withdrawn', dispute))).toMatchObject({
      told: { subjectId, word: 'CHARGEBACK', amountMinor: 1_000n },
    })
  })

  it('of something else of the account is nothing', async () => {
    expect(await read(event('customer.created', {}))).toEqual({ read: 'nothing' })
    const foreign = { metadata: {}, amount_received: 1, currency: 'usd' }
    expect(await read(event('payment_intent.succeeded', foreign))).toEqual({ read: 'nothing' })
  })

  it('is believed with its own secret and within its time alone', async () => {
    const body = event('payment_intent.succeeded', { metadata: {}, amount_received: 1, currency: 'usd' })
    expect(await read(body, { secret: 'whsec_other' })).toEqual({ read: 'unsigned' })
    expect(await read(body, { timestamp: Math.floor(Date.now() / 1_000) - 3_600 })).toEqual({ read: 'unsigned' })
    const unsigned = stripeCallbackReader(stripe(), SECRET)({ headers: {}, body: Buffer.from(body) })
    expect(await unsigned).toEqual({ read: 'unsigned' })
    expect(await read('{')).toEqual({ read: 'malformed' })
  })
})
