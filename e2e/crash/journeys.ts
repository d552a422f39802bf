import { randomUUID } from 'node:crypto'
import { type ApiClient, CustomerJourney } from '@corridor/embedded'
import { checkInvariants, readJournalActions } from '@corridor/ledger'
import { holdAgainstLedger } from '@corridor/payment'
import { createPool, type Pool, silentLogger, systemClock, uuidv5 } from '@corridor/platform'
import { expect, vi } from 'vitest'
import type { TestPlatform } from '../journey/platform.ts'
import { raiseLimits } from '../journey/raise-limits.ts'

/** Within which every payment must have come to rest once a processor lives. */
const BOUND = { timeout: 30_000, interval: 50 }
/** Not in the past when it arrives, however slow the machine. */
const SCHEDULED_AFTER_MS = 3_000
const FUNDING = ['45000.00', '45000.00', '45000.00', '45000.00', '45000.00', '45000.00', '45000.00', '45000.00']

type Sent = Readonly<Record<string, string>>

interface Row {
  readonly id: string
  readonly kind: string
  readonly status: string
  readonly version: bigint
  readonly transfer_ids: readonly string[]
}

/** One payment of every kind, and what must be in the books when all have ended. */
export class Journeys {
  private readonly payments: Pool
  private readonly ledger: Pool
  private usd = ''
  private payeeUsd = ''
  private payeeInr = ''
  private beneficiaryId = ''

  private constructor(
    running: TestPlatform,
    private readonly ada: CustomerJourney,
    private readonly ravi: CustomerJourney,
    private readonly ops: ApiClient,
  ) {
    const { databases } = running.platform
    this.payments = createPool({ url: databases.payment, service: 'crash', max: 2 })
    this.ledger = createPool({ url: databases.ledger, service: 'crash', max: 2 })
  }

  static async open(running: TestPlatform): Promise<Journeys> {
    const [ada, ravi, ops] = await Promise.all(['customer1', 'customer2', 'ops'].map((name) => running.signIn(name)))
    if (!ada || !ravi || !ops) throw new Error('three have signed in')
    return new Journeys(running, new CustomerJourney(ada), new CustomerJourney(ravi), ops)
  }

  async close(): Promise<void> {
    await this.payments.end()
    await this.ledger.end()
  }

  /** Wallets, money for amounts that a person looks at, and somebody to pay at a bank. */
  async fund(): Promise<void> {
    const { ada, ravi, ops } = this
    this.usd = await ada.openWallet('USD', 'Everyday')
    this.payeeUsd = await ravi.openWallet('USD', 'Travel')
    this.payeeInr = await ravi.openWallet('INR', 'Home')
    await raiseLimits(ada, ops)
    for (const amount of FUNDING) await this.deposit(amount)
    this.beneficiaryId = await this.addBeneficiary(AT_A_BANK)
    await this.atRest()
  }

  private async addBeneficiary(how: object): Promise<string> {
    const input = { idempotencyKey: randomUUID(), name: 'Grace Hopper', currency: 'USD', country: 'US', ...how }
    const { addBeneficiary } = await this.ada.api.request<{ addBeneficiary: { id: string } }>(
      'mutation ($input: AddBeneficiaryInput!) { addBeneficiary(input: $input) { id } }',
      { input },
    )
    return addBeneficiary.id
  }

  /** A payment to a beneficiary of its own, with how to remove him. */
  async sendTo(delivery: 'WALLET' | 'BANK') {
    const beneficiaryId = await this.addBeneficiary(
      delivery === 'BANK' ? AT_A_BANK : { delivery, walletId: this.payeeUsd },
    )
    const input = { idempotencyKey: randomUUID(), fromWalletId: this.usd, beneficiaryId, debit: money('7.00') }
    const { id } = await this.ada.send(input)
    const remove = () =>
      this.ada.api.request('mutation ($id: ID!) { removeBeneficiary(id: $id) }', { id: beneficiaryId })
    return { id, remove }
  }

  /** A payment that a person has to look at. */
  async sendForReview(): Promise<string> {
    const input = { fromWalletId: this.usd, toWalletId: this.payeeUsd, debit: money('100003.00') }
    return (await this.ada.send({ idempotencyKey: randomUUID(), ...input })).id
  }

  /** Its review has lasted as long as it may. */
  async expire(id: string): Promise<void> {
    const { rowCount } = await this.payments.query(
      `update payments set due_at = $2 where id = $1 and status = 'IN_REVIEW' and intent is null`,
      [id, systemClock.now()],
    )
    expect(rowCount).toBe(1)
  }

  /** What somebody is refused who approves now. */
  async refusalOfApproval(id: string): Promise<readonly string[]> {
    const { errors } = await this.ops.send(REVIEW, { id, approve: true })
    return errors.map(({ code }) => code)
  }

  /** What was opened for somebody to look into. */
  async itemsOf(id: string): Promise<readonly unknown[]> {
    return (await this.payments.query('select kind from reconciliation_items where payment_id = $1', [id])).rows
  }

  /** One of each, while nobody moves them. */
  async sendAll() {
    const { usd: fromWalletId, payeeUsd: toWalletId, payeeInr, beneficiaryId } = this
    const send = async (amount: string, to: object): Promise<string> =>
      (await this.ada.send({ idempotencyKey: randomUUID(), fromWalletId, debit: money(amount), ...to })).id
    const soon = () => new Date(systemClock.now().getTime() + SCHEDULED_AFTER_MS).toISOString()
    return {
      transfer: await send('10.00', { toWalletId }),
      conversion: await send('20.00', { toWalletId: payeeInr }),
      deposit: await this.deposit('30.00'),
      failedDeposit: await this.deposit('13.13'),
      withdrawal: await this.withdraw('40.00'),
      failedWithdrawal: await this.withdraw('13.13'),
      payout: await send('50.00', { beneficiaryId }),
      approved: await send('100001.00', { toWalletId }),
      refused: await send('100002.00', { toWalletId }),
      cancelled: await send('60.00', { toWalletId }),
      cancelledTooLate: await send('70.00', { toWalletId }),
      scheduled: await send('80.00', { toWalletId, scheduledFor: soon() }),
    }
  }

  async sendTwo() {
    const input = { fromWalletId: this.usd, toWalletId: this.payeeUsd }
    const send = async (amount: string): Promise<string> =>
      (await this.ada.send({ idempotencyKey: randomUUID(), debit: money(amount), ...input })).id
    return { cancelled: await send('5.00'), kept: await send('6.00') }
  }

  async cancel(id: string): Promise<void> {
    await this.ada.api.request('mutation ($id: ID!) { cancelPayment(id: $id) { id } }', { id })
  }

  async review({ approved, refused }: { approved: string; refused: string }): Promise<void> {
    await this.ops.request(REVIEW, { id: approved, approve: true })
    await this.ops.request(REVIEW, { id: refused, approve: false })
  }

  /** All of a payment, by who may: of a deposit its payer, of a transfer its payee. */
  async refund(paymentId: string): Promise<void> {
    const { rows } = await this.payments.query<Row>('select kind from payments where id = $1', [paymentId])
    const { api } = rows[0]?.kind === 'DEPOSIT' ? this.ada : this.ravi
    const input = { idempotencyKey: randomUUID(), paymentId, reason: 'sent by mistake' }
    await api.request('mutation ($input: RefundPaymentInput!) { refundPayment(input: $input) { id } }', { input })
  }

  async states(sent: Sent): Promise<Record<string, string>> {
    const { rows } = await this.payments.query<Row>('select id, status from payments where id = any($1)', [
      Object.values(sent),
    ])
    const states = new Map(rows.map(({ id, status }) => [id, status]))
    return Object.fromEntries(Object.entries(sent).map(([name, id]) => [name, states.get(id) ?? 'MISSING']))
  }

  /** Nothing of any payment or refund is left to do. */
  async atRest(): Promise<void> {
    await vi.waitFor(async () => {
      const { rows } = await this.payments.query(
        `select id, status from payments
           where due_at is not null and (status <> 'IN_REVIEW' or intent is not null)
         union all select id, status from refunds where due_at is not null
         union all select id, kind from reconciliation_items where due_at is not null`,
      )
      expect(rows).toEqual([])
    }, BOUND)
    await this.placed()
  }

  /** All events have their positions. */
  async placed(): Promise<void> {
    await vi.waitFor(async () => {
      expect((await this.payments.query('select 1 from payment_event_queue')).rowCount).toBe(0)
    }, BOUND)
  }

  /** All that was posted and decided, to be compared. */
  async everything() {
    const { rows: transfers } = await this.ledger.query('select id from transfers order by id')
    const { rows: journals } = await this.ledger.query('select id, status from journals order by id')
    const { rows: payments } = await this.payments.query(
      'select id, status, version, transfer_ids, updated_at from payments order by id',
    )
    return { transfers, journals, payments }
  }

  async checkBooks(): Promise<void> {
    await this.checkEvents()
    await this.checkTransfers()
    await this.checkBalances()
    await this.checkAsReconciler()
    const checks = await checkInvariants({ pool: this.ledger, clock: systemClock })
    expect(checks.length).toBeGreaterThan(0)
    expect(checks.filter(({ holds }) => !holds)).toEqual([])
  }

  /** Of each payment versions 1 to n, each once, the last of which is its state; positions without a gap. */
  private async checkEvents(): Promise<void> {
    const { rows } = await this.payments.query(
      `select p.id, p.status, p.version, array_agg(e.version order by e.position) as told
       from payments p left join payment_events e on e.payment_id = p.id group by p.id
       having array_agg(e.version order by e.position) is distinct from
                array(select generate_series(1, p.version))
           or (array_agg(e.status order by e.position desc))[1] is distinct from p.status`,
    )
    expect(rows).toEqual([])
    const { rows: gaps } = await this.payments.query(
      'select count(*) as events, max(position) as last from payment_events having count(*) <> max(position)',
    )
    expect(gaps).toEqual([])
  }

  /** The ledger has exactly the transfers that the states of all payments and refunds demand. */
  private async checkTransfers(): Promise<void> {
    const { rows: payments } = await this.payments.query<Row>('select id, kind, status, transfer_ids from payments')
    const { rows: refunds } = await this.payments.query<Row>('select id, status, transfer_ids from refunds')
    const { rows: transfers } = await this.ledger.query<{ id: string; journal_id: string; action: string }>(
      'select id, journal_id, action from transfers',
    )
    const { rows: items } = await this.payments.query<Row>(
      'select id from reconciliation_items where debit_code is not null',
    )
    const suspense = items.map(({ id }) => uuidv5('suspense', id))
    // Resolutions are told by what they resolve.
    const resolutions = new Set(transfers.filter(({ action }) => RESOLVES.has(action)).map(({ id }) => id))
    const known = new Set([...payments, ...refunds].flatMap((row) => row.transfer_ids))
    for (const journal of suspense) known.add(uuidv5('0', journal))
    const [posted, told] = [transfers.map(({ id }) => id), [...known]].map((ids) =>
      ids.filter((id) => !resolutions.has(id)).toSorted(),
    )
    expect(posted).toEqual(told)
    const actions = new Map<string, string[]>()
    for (const { journal_id: journal, action } of transfers) {
      actions.set(journal, [...(actions.get(journal) ?? []), action])
    }
    const explained = new Set(suspense)
    const rolesOf = (id: string): string => {
      const found: string[] = []
      for (const role of ['post', 'hold', 'resolve']) {
        const journal = uuidv5(role, id)
        const [action, ...others] = actions.get(journal) ?? []
        explained.add(journal)
        if (action === undefined) continue
        expect(others.filter((other) => other !== action)).toEqual([])
        found.push(action)
      }
      return found.join(' ')
    }
    for (const { id, kind, status } of payments) {
      expect(allowed(kind, status), `${kind} ${status} ${id}`).toContain(rolesOf(id))
    }
    for (const { id, status } of refunds) {
      expect(status).toBe('COMPLETED')
      expect(['POST', 'HOLD CAPTURE']).toContain(rolesOf(id))
    }
    expect([...actions.keys()].filter((journal) => !explained.has(journal))).toEqual([])
  }

  /** Of the same mind: what the reconciler looks for, by its own table of what is allowed. */
  private async checkAsReconciler(): Promise<void> {
    const inTwoMinutes = { now: () => new Date(systemClock.now().getTime() + 120_000) }
    const actionsOf = (ids: readonly string[]) => readJournalActions(this.ledger, ids)
    const round = () => holdAgainstLedger({ pool: this.payments, actionsOf, clock: inTwoMinutes, logger: silentLogger })
    while (await round());
    const { rows } = await this.payments.query("select * from reconciliation_items where kind = 'TRANSFERS_DIFFER'")
    expect(rows).toEqual([])
  }

  /** Each wallet has what its payments and refunds brought and took, and nothing held. */
  private async checkBalances(): Promise<void> {
    const { rows: expected } = await this.payments.query<{ id: string; minor: string }>(
      `with arrived as (
         select * from payments where status in ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')
       ), moved as (
         select to_wallet_id as id, credit_minor as minor from arrived
         union all select from_wallet_id, -(principal_minor + fee_minor) from arrived
         union all select to_wallet_id, -r.amount_minor from refunds r join arrived on arrived.id = r.payment_id
         union all select from_wallet_id, r.returned_minor from refunds r join arrived on arrived.id = r.payment_id
       )
       select id, sum(minor)::text as minor from moved where id is not null group by id order by id`,
    )
    const { rows: wallets } = await this.ledger.query(
      `select id, posted_minor::text as minor from accounts
       where code = 'customer.wallet' and (posted_minor <> 0 or held_minor <> 0) order by id`,
    )
    expect(wallets).toEqual(expected.filter(({ minor }) => minor !== '0'))
    const { rows: held } = await this.ledger.query('select id from accounts where held_minor <> 0')
    expect(held).toEqual([])
  }

  private async deposit(amount: string): Promise<string> {
    const input = { idempotencyKey: randomUUID(), walletId: this.usd, amount: money(amount) }
    const { deposit } = await this.ada.api.request<{ deposit: { id: string } }>(
      'mutation ($input: DepositInput!) { deposit(input: $input) { id } }',
      { input },
    )
    return deposit.id
  }

  private async withdraw(amount: string): Promise<string> {
    const input = { idempotencyKey: randomUUID(), walletId: this.usd, amount: money(amount) }
    const { withdraw } = await this.ada.api.request<{ withdraw: { id: string } }>(
      'mutation ($input: WithdrawInput!) { withdraw(input: $input) { id } }',
      { input },
    )
    return withdraw.id
  }
}

const AT_A_BANK = { delivery: 'BANK', accountNumber: '00012345678', bankName: 'First Bank' }
const REVIEW =
  'mutation ($id: ID!, $approve: Boolean!) { reviewPayment(id: $id, approve: $approve, note: "seen") { id } }'
const RESOLVES = new Set(['CAPTURE', 'VOID'])
const money = (amount: string) => ({ amount, currency: 'USD' })

/** What a payment in that state may have in the ledger: posted at once, or held and then posted or given back. */
function allowed(kind: string, status: string): string[] {
  if (status === 'CANCELLED') return ['']
  if (status === 'IN_REVIEW') return ['HOLD']
  if (status === 'FAILED' || status === 'DECLINED') return ['HOLD VOID']
  return kind === 'TRANSFER' ? ['POST', 'HOLD CAPTURE'] : ['HOLD CAPTURE']
}
