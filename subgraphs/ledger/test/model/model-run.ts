import { inProcessWakeups, uuidv7 } from '@corridor/platform'
import type { TestClock } from '@corridor/testing'
import { expect } from 'vitest'
import { type JournalDraft, type JournalResult, LedgerUseCases } from '../../src/index.ts'
import type { TestBooks } from '../books.ts'
import { Oracle, type OracleJournal, type OracleTransfer } from './oracle.ts'
import type { JournalPlan, Step, TransferPlan } from './steps.ts'

const WALLETS = ['USD', 'USD', 'USD', 'INR', 'JPY'] as const
const HOUSE = [
  ['fx.position', 'USD'],
  ['fx.position', 'INR'],
  ['settlement.sandbox', 'USD'],
] as const
const HOUR_MS = 3_600_000
const FUNDS_MINOR = 200n
const NOBODY = '00000000-0000-4000-8000-00000000dead'

interface Balance {
  readonly posted: bigint
  readonly held: bigint
  readonly incoming: bigint
}

/** One run of the model: the same steps on the ledger and on paper, compared after each. */
export class ModelRun {
  private readonly oracle = new Oracle()
  private readonly wallets: string[] = []
  private readonly house: string[] = []
  /** What runs before this one left on the accounts of the house. */
  private readonly before = new Map<string, Balance>()
  private readonly journals: OracleJournal[] = []
  private readonly holds: string[] = []
  private readonly transferIds: string[] = []

  /** Several servers over one database: calls to different ones are not grouped, and meet in the store alone. */
  private readonly servers: readonly LedgerUseCases[]

  private constructor(
    private readonly books: TestBooks,
    private readonly clock: TestClock,
  ) {
    const { pool } = books.ledger
    const server = () => new LedgerUseCases({ pool, clock, wakeups: inProcessWakeups() })
    this.servers = [books.ledger.useCases, server(), server()]
  }

  static async begin(books: TestBooks, clock: TestClock): Promise<ModelRun> {
    const run = new ModelRun(books, clock)
    clock.advanceMs(HOUR_MS) // Nothing that an earlier run held expires in this one.
    await books.ledger.holdExpiry.round()
    for (const [code, currency] of HOUSE) run.house.push(await houseAccount(books, code, currency))
    for (const currency of WALLETS) {
      const id = await books.wallet(currency, FUNDS_MINOR)
      run.wallets.push(id)
      run.oracle.open(id, currency, 0n)
      run.oracle.account(id).posted = FUNDS_MINOR
    }
    for (const [index, id] of run.house.entries()) {
      run.oracle.open(id, HOUSE[index]?.[1] ?? '', null)
      run.before.set(id, await books.balance(id))
    }
    return run
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'batch':
        await this.batch(
          this.servers[0],
          step.journals.map((plan) => this.journal(plan)),
        )
        break
      case 'concurrent':
        await this.concurrently(step.journals.map((plan) => this.journal(plan)))
        break
      case 'repeat': {
        const journal = at(this.journals, step.journal)
        if (journal) await this.batch(this.servers[1], [step.changed ? { ...journal, final: !journal.final } : journal])
        break
      }
      case 'retire':
        await this.retire(step.unused ? uuidv7() : (at(this.journals, step.journal)?.id ?? uuidv7()))
        break
      case 'status': {
        const id = at(this.wallets, step.wallet) ?? ''
        const result = await this.books.ledger.useCases.setAccountStatus({ id, status: step.status })
        expect(result.ok ? result.value.status : result.code).toBe(this.oracle.setStatus(id, step.status))
        break
      }
      case 'clock':
        this.clock.advanceMs(step.byMs)
        break
      case 'expire':
        await this.books.ledger.holdExpiry.round()
        this.oracle.expire(this.now())
    }
    expect(await this.state()).toEqual(this.stateOf(this.oracle))
  }

  private async batch(server: LedgerUseCases | undefined, journals: readonly OracleJournal[]): Promise<void> {
    const results = await server?.postJournals(journals.map(draftOf))
    expect(results?.ok && results.value.map(outcomeOf)).toEqual(journals.map((j) => this.oracle.post(j, this.now())))
  }

  /** Each journal to a server of its own, at once: the results are those of some order of them. */
  private async concurrently(journals: readonly OracleJournal[]): Promise<void> {
    const results = await Promise.all(
      journals.map((journal, index) => this.servers[index % this.servers.length]?.postJournals([draftOf(journal)])),
    )
    const outcomes = results.map((result) => result?.ok && result.value.map(outcomeOf)[0])
    const state = await this.state()
    const orders = permutations(journals.map((_, index) => index))
    const order = orders.find((places) => {
      const fork = this.oracle.fork()
      const inOrder = places.map((index) => [index, fork.post(journals[index] as OracleJournal, this.now())] as const)
      const explained = inOrder.every(([index, outcome]) => outcomes[index] === outcome)
      return explained && JSON.stringify(this.stateOf(fork), text) === JSON.stringify(state, text)
    })
    expect(order, `no order of the calls explains ${JSON.stringify(outcomes)}`).toBeDefined()
    for (const index of order ?? []) this.oracle.post(journals[index] as OracleJournal, this.now())
  }

  private async retire(id: string): Promise<void> {
    const results = await this.books.ledger.useCases.retireJournals([id])
    expect(results.ok && results.value.map(outcomeOf)).toEqual([this.oracle.retire(id)])
  }

  private journal({ final, transfers, conversion }: JournalPlan): OracleJournal {
    const made = conversion ? this.conversion(conversion) : transfers.map((plan) => this.transfer(plan))
    const journal = { id: uuidv7(), final, transfers: made }
    this.journals.push(journal)
    return journal
  }

  private transfer(plan: TransferPlan): OracleTransfer {
    const accounts = [...this.wallets, ...this.house, ...(plan.debit % 40 === 0 ? [NOBODY] : [])]
    const resolves = plan.action === 'CAPTURE' || plan.action === 'VOID'
    const debit = at(accounts, plan.debit) ?? ''
    const id = plan.repeatsId ? (at(this.transferIds, plan.hold) ?? uuidv7()) : uuidv7()
    if (plan.action === 'HOLD') this.holds.push(id)
    this.transferIds.push(id)
    const expires = plan.action === 'HOLD' && plan.expiresInMs !== null
    return {
      id,
      action: plan.action,
      debit: resolves ? '' : debit,
      credit: resolves ? '' : (at(accounts, plan.credit) ?? ''),
      amount: resolves ? (plan.action === 'VOID' ? null : plan.amount) : (plan.amount ?? 7n),
      currency: resolves ? '' : this.currencyOf(debit),
      resolves: resolves ? (at(this.holds, plan.hold) ?? uuidv7()) : '',
      expiresAt: expires ? this.now() + (plan.expiresInMs ?? 0) : null,
    }
  }

  /** Out of a USD wallet and into the INR one, through the house's positions; or both legs of the last one held. */
  private conversion(action: 'HOLD' | 'CAPTURE' | 'VOID'): OracleTransfer[] {
    const legs = [
      { debit: this.wallets[0] ?? '', credit: this.house[0] ?? '', amount: 5n, currency: 'USD' },
      { debit: this.house[1] ?? '', credit: this.wallets[3] ?? '', amount: 400n, currency: 'INR' },
    ]
    const held = this.lastConversion
    if (action !== 'HOLD') {
      const none = { debit: '', credit: '', amount: null, currency: '', expiresAt: null }
      return held.map((resolves) => ({ ...none, id: uuidv7(), action, resolves }))
    }
    const expiresAt = this.now() + 30_000
    const made = legs.map((leg) => ({ ...leg, id: uuidv7(), action, resolves: '', expiresAt }))
    this.lastConversion = made.map(({ id }) => id)
    this.holds.push(...this.lastConversion)
    return made
  }

  private lastConversion: string[] = [uuidv7()]

  private currencyOf(id: string): string {
    return id === NOBODY ? 'USD' : this.oracle.account(id).currency
  }

  private now(): number {
    return this.clock.now().getTime()
  }

  private async state(): Promise<Record<string, unknown>> {
    const { rows } = await this.books.ledger.pool.query(
      `select id, status, posted_minor as posted, held_minor as held, incoming_minor as incoming
       from accounts where id = any($1)`,
      [[...this.wallets, ...this.house]],
    )
    const ordered = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    return Object.fromEntries(ordered.map(({ id, status, ...balance }) => [id, { status, ...this.since(id, balance) }]))
  }

  private since(id: string, { posted, held, incoming }: Balance): Balance {
    const { posted: p, held: h, incoming: i } = this.before.get(id) ?? { posted: 0n, held: 0n, incoming: 0n }
    return { posted: posted - p, held: held - h, incoming: incoming - i }
  }

  private stateOf(oracle: Oracle): Record<string, unknown> {
    const ids = [...this.wallets, ...this.house].toSorted()
    return Object.fromEntries(
      ids.map((id) => {
        const { status, posted, held, incoming } = oracle.account(id)
        return [id, { status, posted, held, incoming }]
      }),
    )
  }
}

async function houseAccount(books: TestBooks, code: string, currency: string): Promise<string> {
  await books.refusal([
    { id: uuidv7(), action: 'POST', debitAccount: code, creditAccount: NOBODY, amountMinor: '1', currency },
  ])
  const { rows } = await books.ledger.pool.query('select id from accounts where code = $1 and currency = $2', [
    code,
    currency,
  ])
  return rows[0].id
}

const at = <T>(list: readonly T[], place: number): T | undefined => list[place % Math.max(list.length, 1)]

const outcomeOf = (result: JournalResult): string => (result.status === 'REFUSED' ? result.code : result.status)

const draftOf = ({ id, final, transfers }: OracleJournal): JournalDraft => ({
  id,
  final,
  transfers: transfers.map((transfer) => ({
    id: transfer.id,
    action: transfer.action,
    debitAccount: transfer.debit || null,
    creditAccount: transfer.credit || null,
    amountMinor: transfer.amount === null ? null : String(transfer.amount),
    currency: transfer.currency || null,
    resolves: transfer.resolves || null,
    expiresAt: transfer.expiresAt === null ? null : new Date(transfer.expiresAt),
  })),
})

const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

function permutations(places: readonly number[]): number[][] {
  if (places.length < 2) return [[...places]]
  return places.flatMap((first) =>
    permutations(places.filter((place) => place !== first)).map((rest) => [first, ...rest]),
  )
}
