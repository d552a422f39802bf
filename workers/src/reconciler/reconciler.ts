import { Lease, Loop } from '@corridor/events'
import { readJournalActions, reconcileBooks } from '@corridor/ledger'
import { holdAgainstLedger } from '@corridor/payment'
import { type Clock, createPool, inSpan, type Logger, type Pool, type Wakeups } from '@corridor/platform'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import { BEFORE_ALL, reconcileWallets } from './reconcile-wallets.ts'

export interface ReconcilerDeps {
  /** Of the databases that are held against each other, the application roles'. */
  readonly databaseUrls: { readonly ledger: string; readonly payment: string; readonly wallet: string }
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  readonly intervalMs?: number
}

export const DEFAULT_RECONCILE_INTERVAL_MS = 30_000
/** A check reads all of the books: however large they are, it works no more than this part of the time. */
const LARGEST_SHARE = 1 / 20
const LEASE_TTL_MS = 120_000
const CONNECTIONS = 2
/** Of payments, in one round. */
const MAX_PAGES = 20

/** Checks the books and what is held against them over and over, and acts on what is broken. Several do no harm: one works, by its lease. */
export class Reconciler {
  private readonly ledger: Pool
  private readonly payment: Pool
  private readonly wallet: Pool
  private readonly lease = new Lease({ name: 'ledger-reconciler', ttlMs: LEASE_TTL_MS })
  private readonly loop: Loop
  private restUntilMs = 0
  /** From where closed accounts are looked at next. */
  private closedAfter = BEFORE_ALL
  /** Why the last check failed, or null. */
  private failure: { readonly error: unknown } | null = null

  constructor(private readonly deps: ReconcilerDeps) {
    const { databaseUrls, logger, intervalMs = DEFAULT_RECONCILE_INTERVAL_MS } = deps
    const pool = (url: string): Pool => createPool({ url, service: 'reconciler', max: CONNECTIONS })
    this.ledger = pool(databaseUrls.ledger)
    this.payment = pool(databaseUrls.payment)
    this.wallet = pool(databaseUrls.wallet)
    this.loop = new Loop({
      name: 'reconciler',
      logger,
      pollMs: intervalMs,
      round: async () => {
        if (performance.now() >= this.restUntilMs) await this.reconcile()
        // While it rests, what has failed has not been mended.
        else if (this.failure !== null) throw this.failure.error
        return false
      },
    })
  }

  start(): void {
    this.loop.start()
  }

  /** One check, if it is this reconciler's turn. */
  async reconcile(): Promise<void> {
    if ((await this.lease.hold(this.ledger)) === null) return
    const startedMs = performance.now()
    try {
      await inSpan({ service: 'reconciler', name: 'reconcile', parent: ROOT_CONTEXT }, () => this.check())
      this.failure = null
    } catch (error) {
      this.failure = { error }
      throw error
    } finally {
      // After a failure too: the books are not read without end because another database is away.
      const endedMs = performance.now()
      this.restUntilMs = endedMs + (endedMs - startedMs) * (1 / LARGEST_SHARE - 1)
    }
  }

  /** One database that is away keeps no other from being checked; the first failure is thrown when all have had their turn. */
  private async check(): Promise<void> {
    const { deps, ledger, wallet } = this
    const failures: unknown[] = []
    for (const [name, check] of Object.entries({
      books: () => reconcileBooks({ ...deps, pool: ledger }),
      wallets: async () => {
        this.closedAfter = await reconcileWallets({ ...deps, ledger, wallet, closedAfter: this.closedAfter })
      },
      payments: () => this.checkPayments(),
    })) {
      try {
        await check()
      } catch (error) {
        deps.logger.error({ error, check: name }, 'a check has failed')
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  private async checkPayments(): Promise<void> {
    const { deps, ledger, payment } = this
    const actionsOf = (ids: readonly string[]) => readJournalActions(ledger, ids)
    for (let page = 0; page < MAX_PAGES; page++) {
      if (!(await holdAgainstLedger({ ...deps, pool: payment, actionsOf }))) break
    }
  }

  async stop(): Promise<void> {
    await this.loop.stop()
    await this.lease.release(this.ledger)
    await Promise.all([this.ledger, this.payment, this.wallet].map((pool) => pool.end()))
  }
}
