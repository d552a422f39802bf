import { uuidv7 } from '@corridor/platform'
import { emitSdl } from '@corridor/subgraph'
import { asUser, codesOf, run } from '@corridor/testing'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { PAYMENT_STATUSES } from '../src/domain/payment.ts'
import { journalIdOf } from '../src/domain/postings.ts'
import { TRANSITIONS } from '../src/domain/transitions.ts'
import { TestPayments } from './platform.ts'

let tests: TestPayments
beforeAll(async () => {
  tests = await TestPayments.open()
})
afterAll(() => tests.close())
afterEach(() => {
  tests.farSide.verdict = 'APPROVE'
  tests.farSide.ledgerRefusal = null
  tests.farSide.ledgerAway = false
  tests.farSide.postingAway = false
})

const FIELDS = `id status kind debit { amount currency } credit { amount currency } fee { amount } reference
  from { id } to { id } payer { id } payee { id } fxQuote { id } decision { id } transfers { id } failure { code }
  timeline { status cursor }`
const SEND = `mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { ${FIELDS} } }`
const READ = `query ($id: ID!) { payment(id: $id) { ${FIELDS} } }`

interface Seen {
  id: string
  status: string
  debit: { amount: string } | null
  credit: { amount: string } | null
  fee: { amount: string } | null
  from: object | null
  fxQuote: { id: string } | null
  decision: { id: string } | null
  transfers: { id: string }[]
  failure: { code: string } | null
  timeline: { status: string; cursor: string }[]
}

const pair = (fromCurrency = 'USD', toCurrency = 'USD') => {
  const [payer, payee] = [tests.customer(), tests.customer()]
  const fromWalletId = tests.wallet(payer.caller.subject ?? '', fromCurrency)
  const toWalletId = tests.wallet(payee.caller.subject ?? '', toCurrency)
  return { payer, payee, fromWalletId, toWalletId }
}
const send = async (context: ReturnType<typeof asUser>, input: object) =>
  (await tests.data<{ sendPayment: Seen }>(context, SEND, { input: { idempotencyKey: uuidv7(), ...input } }))
    .sendPayment
const read = async (context: ReturnType<typeof asUser>, id: string) =>
  (await tests.data<{ payment: Seen | null }>(context, READ, { id })).payment
const usd = (amount: string) => ({ amount, currency: 'USD' })

async function rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: tests.database.applicationUrl })
  await client.connect()
  try {
    return (await client.query(sql, values)).rows
  } finally {
    await client.end()
  }
}

describe('the schema and the states', () => {
  it('is the committed one', async () => {
    await expect(emitSdl(tests.subgraph.schema)).toMatchFileSnapshot('../schema.graphql')
  })

  it('allows in code exactly the transitions that the database allows', async () => {
    const stored = await rows('select from_status, to_status from payment_transitions order by 1, 2')
    const coded = PAYMENT_STATUSES.flatMap((from) =>
      TRANSITIONS[from].map((to) => ({ from_status: from, to_status: to })),
    )
    const byName = (a: { from_status: string; to_status: string }, b: typeof a) =>
      `${a.from_status} ${a.to_status}` < `${b.from_status} ${b.to_status}` ? -1 : 1
    expect([...coded].sort(byName)).toEqual((stored as typeof coded).sort(byName))
  })

  it('is held by the database to a transition that exists, whoever writes', async () => {
    const { payer, payee: _, ...wallets } = pair()
    const { id } = await send(payer, { ...wallets, debit: usd('1.00') })
    await tests.until(payer, id, 'COMPLETED')
    for (const change of [`status = 'PENDING', version = version + 1`, `status = 'FAILED'`]) {
      await expect(rows(`update payments set ${change} where id = $1`, [id])).rejects.toThrow(/does not go from/)
    }
  })
})

describe('a transfer', () => {
  it('in one currency completes with its fee on top, and leaves one event for each state', async () => {
    const { payer, payee, ...wallets } = pair()
    const sent = await send(payer, { ...wallets, debit: usd('100.01'), reference: 'rent' })
    expect(sent).toMatchObject({ status: 'PENDING', debit: null, reference: 'rent' })
    expect(await tests.until(payer, sent.id, 'COMPLETED')).toContain('COMPLETED')
    const done = await read(payer, sent.id)
    expect(done).toMatchObject({
      status: 'COMPLETED',
      debit: { amount: '100.52' },
      credit: { amount: '100.01' },
      fee: { amount: '0.51' },
      decision: { id: sent.id },
      fxQuote: null,
    })
    expect(done?.transfers).toHaveLength(2)
    expect(done?.timeline.map(({ status }) => status)).toEqual(['PENDING', 'COMPLETED'])
    expect(await rows('select type from event_queue where key = $1 order by sequence', [sent.id])).toEqual([
      { type: 'payment.pending' },
      { type: 'payment.completed' },
    ])
    // The payee sees his part once it has arrived, and the payer's side never.
    expect(await read(payee, sent.id)).toMatchObject({
      status: 'COMPLETED',
      credit: { amount: '100.01' },
      debit: null,
      fee: null,
      from: null,
      decision: null,
      reference: 'rent',
      transfers: [done?.transfers[0]],
      timeline: [{ status: 'COMPLETED' }],
    })
    expect(await read(tests.customer(), sent.id)).toBeNull()
    const listed = async (context: ReturnType<typeof asUser>) =>
      await tests.data(
        context,
        'query ($w: ID!) { payments(first: 5, filter: { walletId: $w }) { edges { node { id } } } }',
        {
          w: wallets.toWalletId,
        },
      )
    for (const side of [payer, payee]) {
      expect(await listed(side)).toEqual({ payments: { edges: [{ node: { id: sent.id } }] } })
    }
    expect(await listed(tests.customer())).toEqual({ payments: { edges: [] } })
    expect(await read(asUser(uuidv7(), 'payments:read', 'forex:read', 'payments:review'), sent.id)).toMatchObject({
      debit: { amount: '100.52' },
    })
  })

  it('across currencies is priced as prepared, and posts exactly what was shown', async () => {
    const { payer, payee: _, ...wallets } = pair('USD', 'INR')
    const { preparePayment: quote } = await tests.data<{
      preparePayment: { id: string; debit: object; postings: { amount: { amount: string } }[]; fxQuote: { id: string } }
    }>(
      payer,
      `mutation ($input: PreparePaymentInput!) { preparePayment(input: $input) { id debit { amount } credit { amount }
         fee { amount } fxQuote { id } decision { id } expiresAt postings { debitAccountCode creditAccountCode amount { amount } } } }`,
      { input: { ...wallets, credit: { amount: '8000.00', currency: 'INR' } } },
    )
    expect(quote).toMatchObject({ debit: { amount: '100.50' }, fee: { amount: '0.50' }, credit: { amount: '8000.00' } })
    const sent = await send(payer, { quoteId: quote.id })
    await tests.until(payer, sent.id, 'COMPLETED')
    expect(await read(payer, sent.id)).toMatchObject({
      debit: { amount: '100.50', currency: 'USD' },
      credit: { amount: '8000.00', currency: 'INR' },
      fxQuote: quote.fxQuote,
    })
    const [journal] = [...tests.farSide.journals.values()].slice(-1)
    expect(journal?.transfers.map(({ amountMinor }) => amountMinor)).toEqual(['10000', '800000', '50'])
    expect(quote.postings.map(({ amount }) => amount.amount)).toEqual(['100.00', '8000.00', '0.50'])
    // Used once: another payment may not have it, the same key gets the same payment.
    expect(
      await codesOf(tests.subgraph.schema, payer, SEND, { input: { idempotencyKey: uuidv7(), quoteId: quote.id } }),
    ).toEqual(['QUOTE_USED'])
  })

  it('gives the same payment for the same key, also at once, and moves its money once', async () => {
    const { payer, payee: _, ...wallets } = pair()
    const input = { ...wallets, idempotencyKey: uuidv7(), debit: usd('5.00') }
    const sent = await Promise.all(Array.from({ length: 8 }, () => send(payer, input)))
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1)
    await tests.until(payer, sent[0]?.id ?? '', 'COMPLETED')
    expect(await send(payer, { ...input, debit: usd('5') })).toMatchObject({ id: sent[0]?.id, status: 'COMPLETED' })
    expect(
      await rows('select count(*)::int as payments from payments where payer = $1', [payer.caller.subject]),
    ).toEqual([{ payments: 1 }])
    const other = { ...input, debit: usd('5.01') }
    expect(await codesOf(tests.subgraph.schema, payer, SEND, { input: other })).toEqual(['IDEMPOTENCY_MISMATCH'])
  })

  it('ends FAILED with the ledger’s code, DECLINED by the rules, and in review when they say so', async () => {
    const outcome = async () => {
      const { payer, payee: _, ...wallets } = pair()
      const { id } = await send(payer, { ...wallets, debit: usd('1.00') })
      await tests.until(payer, id, 'FAILED', 'DECLINED', 'IN_REVIEW')
      return await read(payer, id)
    }
    tests.farSide.ledgerRefusal = 'INSUFFICIENT_FUNDS'
    expect(await outcome()).toMatchObject({ status: 'FAILED', failure: { code: 'INSUFFICIENT_FUNDS' }, transfers: [] })
    tests.farSide.ledgerRefusal = null
    tests.farSide.verdict = 'DECLINE'
    expect(await outcome()).toMatchObject({ status: 'DECLINED', failure: { code: 'RULES_DECLINED' }, transfers: [] })
    tests.farSide.verdict = 'REVIEW'
    expect(await outcome()).toMatchObject({ status: 'IN_REVIEW', failure: null })
  })

  it('stays PENDING while the ledger is away, and is finished when it is back', async () => {
    const { payer, payee: _, ...wallets } = pair()
    tests.farSide.ledgerAway = true
    const { id } = await send(payer, { ...wallets, debit: usd('1.00') })
    await expect
      .poll(async () => (await rows('select attempts from payments where id = $1', [id]))[0]?.attempts)
      .toBeGreaterThan(0)
    expect(await read(payer, id)).toMatchObject({ status: 'PENDING' })
    tests.farSide.ledgerAway = false
    tests.clock.advanceMs(60_000)
    await tests.until(payer, id, 'COMPLETED')
  })

  it('is given up after a quarter of an hour, its journals retired first', async () => {
    const { payer, payee: _, ...wallets } = pair()
    tests.farSide.postingAway = true
    const { id } = await send(payer, { ...wallets, debit: usd('1.00') })
    await expect
      .poll(async () => (await rows('select attempts from payments where id = $1', [id]))[0]?.attempts)
      .toBeGreaterThan(0)
    tests.clock.advanceMs(16 * 60_000)
    await tests.until(payer, id, 'FAILED')
    expect(await read(payer, id)).toMatchObject({ failure: { code: 'SERVICE_UNAVAILABLE' }, transfers: [] })
    expect(tests.farSide.retired).toContain(journalIdOf(id, 'post'))
  })
})

describe('a deposit', () => {
  const DEPOSIT = `mutation ($input: DepositInput!) { deposit(input: $input) { ${FIELDS} } }`
  const begin = async (amount = usd('20.00')) => {
    const owner = tests.customer()
    const walletId = tests.wallet(owner.caller.subject ?? '')
    const input = { idempotencyKey: uuidv7(), walletId, amount }
    const { deposit } = await tests.data<{ deposit: Seen }>(owner, DEPOSIT, { input })
    await tests.until(owner, deposit.id, 'AUTHORIZED')
    await expect.poll(() => tests.started).toContain(deposit.id)
    return { owner, id: deposit.id }
  }

  it('is held until its provider says that it settled, once for however many callbacks', async () => {
    const { owner, id } = await begin()
    const told = { paymentId: id, outcome: 'SETTLED', amountMinor: '2000', currency: 'USD' }
    expect((await tests.callBack(told)).status).toBe(200)
    expect((await tests.callBack(told)).status).toBe(200)
    await tests.until(owner, id, 'COMPLETED')
    const done = await read(owner, id)
    expect(done).toMatchObject({ credit: { amount: '20.00' }, debit: null, transfers: [{}] })
    expect(done?.timeline.map(({ status }) => status)).toEqual(['PENDING', 'AUTHORIZED', 'COMPLETED'])
  })

  it('fails when its provider says so', async () => {
    const { owner, id } = await begin()
    await tests.callBack({ paymentId: id, outcome: 'FAILED', amountMinor: '2000', currency: 'USD' })
    await tests.until(owner, id, 'FAILED')
    expect(await read(owner, id)).toMatchObject({ failure: { code: 'PROVIDER_FAILED' } })
  })

  it('takes no word that is not signed, too old, or of another payment', async () => {
    const { id } = await begin()
    const told = { paymentId: id, outcome: 'SETTLED', amountMinor: '2000', currency: 'USD' }
    expect((await tests.callBack(told, { secret: 'another secret altogether' })).status).toBe(401)
    expect((await tests.callBack(told, { now: new Date(Date.now() - 600_000) })).status).toBe(401)
    expect((await tests.callBack({ ...told, paymentId: uuidv7() })).status).toBe(404)
    expect((await tests.callBack({ ...told, outcome: 'PERHAPS' })).status).toBe(400)
    expect(await rows('select status, provider_outcome from payments where id = $1', [id])).toEqual([
      { status: 'AUTHORIZED', provider_outcome: null },
    ])
  })
})

describe('a withdrawal', () => {
  const WITHDRAW = `mutation ($input: WithdrawInput!) { withdraw(input: $input) { id status } }`
  const begin = async () => {
    const owner = tests.customer()
    const walletId = tests.wallet(owner.caller.subject ?? '')
    const input = { idempotencyKey: uuidv7(), walletId, amount: usd('20.00') }
    const { withdraw } = await tests.data<{ withdraw: Seen }>(owner, WITHDRAW, { input })
    return { owner, id: withdraw.id }
  }
  const end = async (id: string, outcome: string) =>
    await tests.callBack({ paymentId: id, outcome, amountMinor: '2000', currency: 'USD' })
  const resolved = (id: string) =>
    tests.farSide.journals.get(journalIdOf(id, 'resolve'))?.transfers.map(({ action }) => action)

  it('is held, and out when its provider says so', async () => {
    const { owner, id } = await begin()
    await tests.until(owner, id, 'AUTHORIZED')
    await expect.poll(() => tests.started).toContain(id)
    expect((await end(id, 'SETTLED')).status).toBe(200)
    await tests.until(owner, id, 'COMPLETED')
    expect(await read(owner, id)).toMatchObject({ debit: { amount: '20.00' }, to: null, payee: null })
    expect(resolved(id)).toEqual(['CAPTURE'])
  })

  it('is given back when its provider fails', async () => {
    const { owner, id } = await begin()
    await tests.until(owner, id, 'AUTHORIZED')
    await expect.poll(() => tests.started).toContain(id)
    await end(id, 'FAILED')
    await tests.until(owner, id, 'FAILED')
    expect(resolved(id)).toEqual(['VOID'])
  })

  it('goes to its provider only after a review has approved it', async () => {
    tests.farSide.verdict = 'REVIEW'
    const { owner, id } = await begin()
    await tests.until(owner, id, 'IN_REVIEW')
    expect(tests.started).not.toContain(id)
    await tests.data(
      asUser(uuidv7(), 'payments:review', 'payments:read'),
      'mutation ($id: ID!) { reviewPayment(id: $id, approve: true, note: "known") { id } }',
      { id },
    )
    await tests.until(owner, id, 'AUTHORIZED')
    await expect.poll(() => tests.started).toContain(id)
  })
})

describe('bad input', () => {
  it('leaves a locked rate as it is that is for other currencies', async () => {
    const { payer, payee: _, ...wallets } = pair('USD', 'INR')
    const fxQuoteId = uuidv7()
    const fields = { id: fxQuoteId, fromCurrency: 'USD', fromMinor: '100', toCurrency: 'EUR', toMinor: '90' }
    const { farSide } = tests
    const shown = { ...fields, expiresAt: farSide.expiresAt.toISOString(), referenceUsdMinor: '100' }
    farSide.quotes.set(fxQuoteId, { owner: payer.caller.subject ?? '', payment: null, fields: shown })
    const input = { ...wallets, idempotencyKey: uuidv7(), fxQuoteId }
    expect(await codesOf(tests.subgraph.schema, payer, SEND, { input })).toEqual(['CURRENCY_MISMATCH'])
    expect(farSide.quotes.get(fxQuoteId)?.payment).toBeNull()
  })

  it('is refused by its code and field, writes nothing and leaves the key free', async () => {
    const { payer, payee, ...wallets } = pair()
    const foreign = tests.wallet(payee.caller.subject ?? '')
    const idempotencyKey = uuidv7()
    const wrong: [object, string][] = [
      [{ ...wallets, debit: usd('1e3') }, 'BAD_USER_INPUT'],
      [{ ...wallets, debit: usd('1.234') }, 'BAD_USER_INPUT'],
      [{ ...wallets, debit: usd('-1') }, 'BAD_USER_INPUT'],
      [{ ...wallets, debit: usd('01') }, 'BAD_USER_INPUT'],
      [{ ...wallets, debit: usd('9'.repeat(40)) }, 'BAD_USER_INPUT'],
      [{ ...wallets, debit: usd('0.00') }, 'AMOUNT_NOT_POSITIVE'],
      [{ ...wallets, debit: { amount: '0.5', currency: 'JPY' } }, 'BAD_USER_INPUT'],
      [{ ...wallets, debit: { amount: '1', currency: 'XXQ' } }, 'BAD_USER_INPUT'],
      [{ ...wallets, debit: { amount: '1', currency: 'INR' } }, 'CURRENCY_MISMATCH'],
      [{ ...wallets, debit: usd('1'), credit: usd('1') }, 'BAD_USER_INPUT'],
      [wallets, 'BAD_USER_INPUT'],
      [{ ...wallets, quoteId: uuidv7() }, 'BAD_USER_INPUT'],
      [{ quoteId: uuidv7() }, 'NOT_FOUND'],
      [{ ...wallets, fxQuoteId: uuidv7() }, 'CURRENCY_MISMATCH'],
      [{ ...wallets, toWalletId: wallets.fromWalletId, debit: usd('1') }, 'ACCOUNTS_NOT_DISTINCT'],
      [{ ...wallets, fromWalletId: 'nonsense', debit: usd('1') }, 'BAD_USER_INPUT'],
      [{ ...wallets, fromWalletId: foreign, debit: usd('1') }, 'NOT_FOUND'],
      [{ ...wallets, toWalletId: uuidv7(), debit: usd('1') }, 'NOT_FOUND'],
      [{ ...wallets, debit: usd('1'), reference: 'x'.repeat(141) }, 'BAD_USER_INPUT'],
    ]
    for (const [input, code] of wrong) {
      const { errors } = await run(tests.subgraph.schema, payer, SEND, { input: { idempotencyKey, ...input } })
      const error = errors?.[0]?.originalError as unknown as { code: string; refusal: { field?: string } }
      expect([error.code, JSON.stringify(input)]).toEqual([code, JSON.stringify(input)])
      expect(error.refusal.field).toMatch(/^input\./)
    }
    expect(await rows('select 1 from payments where payer = $1', [payer.caller.subject])).toEqual([])
    expect(await send(payer, { ...wallets, idempotencyKey, debit: usd('1') })).toMatchObject({ status: 'PENDING' })
  })

  it('in a bulk is each payment’s own result, in order', async () => {
    const { payer, payee: _, ...wallets } = pair()
    const key = uuidv7()
    const input = [
      { idempotencyKey: key, ...wallets, debit: usd('1.00') },
      { idempotencyKey: uuidv7(), ...wallets, debit: usd('nonsense') },
      { idempotencyKey: key, ...wallets, debit: usd('1.00') },
    ]
    const { sendPayments } = await tests.data<{
      sendPayments: { payment: { id: string } | null; errorCode: string | null }[]
    }>(payer, 'mutation ($input: [SendPaymentInput!]!) { sendPayments(input: $input) { payment { id } errorCode } }', {
      input,
    })
    expect(sendPayments.map(({ errorCode }) => errorCode)).toEqual([null, 'BAD_USER_INPUT', null])
    expect(sendPayments[2]?.payment).toEqual(sendPayments[0]?.payment)
    expect(
      await codesOf(
        tests.subgraph.schema,
        payer,
        'mutation ($input: [SendPaymentInput!]!) { sendPayments(input: $input) { errorCode } }',
        {
          input: Array.from({ length: 1_001 }, () => ({ idempotencyKey: 'x' })),
        },
      ),
    ).toEqual(['BATCH_TOO_LARGE'])
  })
})
