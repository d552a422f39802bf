import { Lease, Loop } from '@corridor/events'
import { reconcileBooks } from '@corridor/ledger'
import { type Clock, createPool, type Logger, type Pool, type Wakeups } from '@corridor/platform'

export interface ReconcilerDeps {
  /** Of the ledger's database, the application role's. */
  readonly databaseUrl: string
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

/** Checks the books over and over and acts on what is broken. Several do no harm: one works, by its lease. */
export class Reconciler {
  private readonly pool: Pool
  private readonly lease = new Lease({ name: 'ledger-reconciler', ttlMs: LEASE_TTL_MS })
  private readonly loop: Loop
  private restUntilMs = 0

  constructor(private readonly deps: ReconcilerDeps) {
    const { databaseUrl, logger, intervalMs = DEFAULT_RECONCILE_INTERVAL_MS } = deps
    this.pool = createPool({ url: databaseUrl, service: 'reconciler', max: CONNECTIONS })
    this.loop = new Loop({
      name: 'reconciler',
      logger,
      pollMs: intervalMs,
      round: async () => {
        if (performance.now() >= this.restUntilMs) await this.reconcile()
        return false
      },
    })
  }

  start(): void {
    this.loop.start()
  }

  /** One check, if it is this reconciler's turn. */
  async reconcile(): Promise<void> {
    if ((await this.lease.hold(this.pool)) === null) return
    const startedMs = performance.now()
    await reconcileBooks({ ...this.deps, pool: this.pool })
    const endedMs = performance.now()
    this.restUntilMs = endedMs + (endedMs - startedMs) * (1 / LARGEST_SHARE - 1)
  }

  async stop(): Promise<void> {
    await this.loop.stop()
    await this.lease.release(this.pool)
    await this.pool.end()
  }
}
