import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ApiClient, CustomerJourney, FULL_PAYMENT, RATE_CHANGED, TRIAL_BALANCE, WALLET } from '@corridor/embedded'
import { checkInvariants } from '@corridor/ledger'
import { createPool, systemClock } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { TestPlatform } from './platform.ts'

const usd = (amount: string) => ({ amount, currency: 'USD' })
const inr = (amount: string) => ({ amount, currency: 'INR' })
const cents = (amount: string | undefined): bigint => BigInt(amount?.replace('.', '') ?? 'no amount')
const money = (amountMinor: bigint): string => `${amountMinor / 100n}.${String(amountMinor % 100n).padStart(2, '0')}`
const MAIL_WAIT = { timeout: 30_000, interval: 100 }
const RATE = /^\d+(\.\d+)?$/
const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id status } }'

/** The journey of a cross-currency payment by the public API alone, on whatever platform `start` gives. */
export function describeJourney(where: string, start: () => Promise<TestPlatform>): void {
  describe(`1,000.00 USD deposited, 25,000.00 INR sent, ${where}`, () => {
    let running: TestPlatform
    let ada: CustomerJourney
    let ravi: CustomerJourney
    let stranger: CustomerJourney
    let auditor: ApiClient

    beforeAll(async () => {
      running = await start()
      ada = new CustomerJourney(await running.signIn('customer1'))
      ravi = new CustomerJourney(await running.signIn('customer2'))
      stranger = new CustomerJourney(await running.signIn('customer3'))
      auditor = await running.signIn('auditor')
    })
    afterAll(() => running.stop())

    let usdWallet: string
    let inrWallet: string
    let paymentId: string
    let deposited: { statuses: readonly string[]; cursor: string }
    let quote: Awaited<ReturnType<CustomerJourney['prepare']>>
    let sent: { idempotencyKey: string; quoteId: string }

    it('opens a USD wallet for the payer and an INR wallet for the payee, both empty', async () => {
      usdWallet = await ada.openWallet('USD', 'Travel')
      inrWallet = await ravi.openWallet('INR', 'Home')
      expect(await ada.balance(usdWallet)).toEqual({ posted: usd('0.00'), held: usd('0.00'), available: usd('0.00') })
      expect(await ravi.balance(inrWallet)).toEqual({ posted: inr('0.00'), held: inr('0.00'), available: inr('0.00') })
    })

    it('shows the rate as it stands to whoever subscribes', async () => {
      for await (const { rateChanged } of ada.api.subscribe<{ rateChanged: Record<string, string> }>(RATE_CHANGED, {
        pairs: ['USDINR'],
      })) {
        expect(rateChanged).toMatchObject({ pair: 'USDINR', source: 'simulated', mid: expect.stringMatching(RATE) })
        break
      }
    })

    it('takes the deposit, which arrives when the provider says so', async () => {
      deposited = await ada.deposit(usdWallet, '1000.00', 'USD')
      expect(deposited.statuses.at(-1)).toBe('COMPLETED')
      expect((await ada.balance(usdWallet))?.available).toEqual(usd('1000.00'))
    })

    it('shows fee, rate, both amounts, postings and expiry before anything is said yes to', async () => {
      quote = await ada.prepare({ fromWalletId: usdWallet, toWalletId: inrWallet, credit: inr('25000.00') })
      expect(quote.credit).toEqual(inr('25000.00'))
      expect(quote.fxQuote).toMatchObject({
        appliedRate: expect.stringMatching(RATE),
        mid: expect.stringMatching(RATE),
      })
      expect(quote.decision).toEqual({ outcome: 'APPROVE' })
      expect(Date.parse(quote.expiresAt)).toBeGreaterThan(Date.now())
      const principal = cents(quote.debit.amount) - cents(quote.fee.amount)
      expect(cents(quote.fee.amount)).toBeGreaterThan(0n)
      expect(quote.postings).toEqual([
        { debitAccountCode: 'customer.wallet', creditAccountCode: 'fx.position', amount: usd(money(principal)) },
        { debitAccountCode: 'fx.position', creditAccountCode: 'customer.wallet', amount: inr('25000.00') },
        { debitAccountCode: 'customer.wallet', creditAccountCode: 'income.fees', amount: quote.fee },
      ])
      expect((await ada.balance(usdWallet))?.available).toEqual(usd('1000.00'))
    })

    it('goes from PENDING to COMPLETED, watched through the subscription', async () => {
      sent = { idempotencyKey: randomUUID(), quoteId: quote.id }
      const payment = await ada.send(sent)
      paymentId = payment.id
      const { statuses } = await ada.watch({ id: paymentId, after: deposited.cursor })
      expect(statuses).toEqual(['PENDING', 'COMPLETED'])
    })

    it('returns the payment with wallet, owner, payee, quote, decision and transfers from all six subgraphs', async () => {
      const payment = await ada.payment(paymentId)
      expect(payment).toMatchObject({
        id: paymentId,
        kind: 'TRANSFER',
        status: 'COMPLETED',
        payer: { displayName: 'Ada L.' },
        payee: { displayName: 'Ravi I.' },
        from: { id: usdWallet, name: 'Travel', owner: { username: 'customer1' } },
        to: { id: inrWallet },
        debit: quote.debit,
        credit: inr('25000.00'),
        fee: quote.fee,
        fxQuote: { appliedRate: quote.fxQuote?.appliedRate, source: 'simulated', status: 'USED' },
        decision: { outcome: 'APPROVE' },
        failure: null,
      })
      const posted = payment?.transfers?.map(({ id: _, state, ...posting }) => ({ state, ...posting }))
      expect(posted).toEqual(quote.postings.map((posting) => ({ state: 'POSTED', ...posting })))
      expect(payment?.timeline.map(({ status }) => status)).toEqual(['PENDING', 'COMPLETED'])
    })

    it('leaves both balances right to the minor unit, and the trial balance zero in both currencies', async () => {
      const left = usd(money(100_000n - cents(quote.debit.amount)))
      expect(await ada.balance(usdWallet)).toEqual({ posted: left, held: usd('0.00'), available: left })
      const arrived = inr('25000.00')
      expect(await ravi.balance(inrWallet)).toEqual({ posted: arrived, held: inr('0.00'), available: arrived })
      const { trialBalance } = await auditor.request<{ trialBalance: Record<string, unknown>[] }>(TRIAL_BALANCE)
      for (const currency of ['USD', 'INR']) {
        const line = trialBalance.find((each) => each.currency === currency)
        expect(line).toMatchObject({ balanced: true, debits: line?.credits })
      }
    })

    it('answers the same payment to the same key, and moves nothing', async () => {
      const before = [await ada.balance(usdWallet), await ravi.balance(inrWallet)]
      expect(await ada.send(sent)).toEqual({ id: paymentId, status: 'COMPLETED' })
      expect([await ada.balance(usdWallet), await ravi.balance(inrWallet)]).toEqual(before)
      const other = await ada.api.send(SEND, { input: { ...sent, quoteId: randomUUID() } })
      expect(other.errors).toMatchObject([{ code: 'IDEMPOTENCY_MISMATCH' }])
    })

    it('shows the payee his part, and no more', async () => {
      const payment = await ravi.payment(paymentId)
      expect(payment).toMatchObject({
        id: paymentId,
        status: 'COMPLETED',
        payer: { displayName: 'Ada L.' },
        to: { id: inrWallet },
        credit: inr('25000.00'),
        from: null,
        debit: null,
        fee: null,
        fxQuote: null,
        decision: null,
        failure: null,
      })
      expect(payment?.transfers?.map(({ amount }) => amount)).toEqual([inr('25000.00')])
      expect(payment?.timeline.map(({ status }) => status)).toEqual(['COMPLETED'])
    })

    it('tells both by mail', async () => {
      const mailsAbout = (kind: string): string[] =>
        readdirSync(join(running.dataDirectory, 'mail'))
          .filter((file) => file.endsWith(`.${kind}.eml`))
          .map((file) => readFileSync(join(running.dataDirectory, 'mail', file), 'utf8'))
          .filter((mail) => mail.includes(paymentId))
      await vi.waitFor(() => {
        expect(mailsAbout('completed')).toEqual([expect.stringContaining('Subject: Your payment has arrived')])
        expect(mailsAbout('received')).toEqual([expect.stringContaining('Subject: You have received a payment')])
      }, MAIL_WAIT)
    })

    it('shows a stranger nothing of it', async () => {
      const payment = await stranger.api.send(FULL_PAYMENT, { id: paymentId })
      expect(payment).toEqual({ data: { payment: null }, errors: [] })
      for (const id of [usdWallet, inrWallet]) {
        expect(await stranger.api.send(WALLET, { id })).toEqual({ data: { wallet: null }, errors: [] })
      }
      const watched = stranger.watch({ id: paymentId })
      await expect(watched).rejects.toThrow(/NOT_FOUND/)
    })

    it('ends a payment beyond the balance FAILED with INSUFFICIENT_FUNDS, and moves nothing', async () => {
      const before = await ada.balance(usdWallet)
      const { id } = await ada.send({
        idempotencyKey: randomUUID(),
        fromWalletId: usdWallet,
        toWalletId: inrWallet,
        debit: usd('900.00'),
      })
      expect((await ada.watch({ id })).statuses.at(-1)).toBe('FAILED')
      expect(await ada.payment(id)).toMatchObject({ status: 'FAILED', failure: { code: 'INSUFFICIENT_FUNDS' } })
      expect(await ada.balance(usdWallet)).toEqual(before)
      expect(await ravi.payment(id)).toBeNull()
    })

    it('keeps every invariant of the books', async () => {
      const pool = createPool({ url: running.platform.databases.ledger, service: 'e2e', max: 1 })
      try {
        const checks = await checkInvariants({ pool, clock: systemClock })
        expect(checks.length).toBeGreaterThan(0)
        expect(checks.filter(({ holds }) => !holds)).toEqual([])
        expect(checks.reduce((rows, { rowsChecked }) => rows + rowsChecked, 0n)).toBeGreaterThan(0n)
      } finally {
        await pool.end()
      }
    })
  })
}
