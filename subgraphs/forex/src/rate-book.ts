import { Decimal } from '@corridor/money'
import { type Clock, isRetryableSqlError, type Logger, type Pool, type Wakeups } from '@corridor/platform'
import { deriveRate } from './domain/derive-rate.ts'
import type { Rate } from './domain/rate.ts'
import { laterOf, MAX_CACHED_MS, type RateCache } from './rate-cache.ts'
import { RATES_CHANNEL, wakeRates } from './rates-channel.ts'
import { endExpiredOverrides } from './use-cases/end-overrides.ts'

interface RateRow {
  pair: string
  bid: string
  mid: string
  ask: string
  source: string
  path: string[]
  manual: boolean
  version: bigint
  observedAt: Date
  withdrawn?: boolean
}

const COLUMNS = `pair, bid::text, mid::text, ask::text, source, path, manual, version, observed_at as "observedAt"`

/** Without a wake-up, what is known is read again after this long: a lost one costs no more. */
const MAX_UNREAD_MS = 250

/**
 * The current rates of all pairs that are quoted, as `forex_db` has them, with crosses derived once per change. Read
 * again on each wake-up, and when it is used after a quarter of a second without one. While the database is away, rates
 * are those that this or another instance read last, for five hours at most; nothing is locked on them, for that needs
 * the database.
 */
export class RateBook {
  private rates: ReadonlyMap<string, Rate> = new Map()
  private derived = new Map<string, Rate | null>()
  private readAtMs = Number.NEGATIVE_INFINITY
  /** When the database last said what the rates are. */
  private verifiedAtMs = Number.NEGATIVE_INFINITY
  private nextExpiry: Date | null = null
  private reading: Promise<void> | null = null
  private readonly listeners = new Set<() => void>()
  private readonly unsubscribe: () => void
  private readonly timer: NodeJS.Timeout

  constructor(private readonly deps: { pool: Pool; wakeups: Wakeups; cache: RateCache; logger: Logger; clock: Clock }) {
    this.unsubscribe = deps.wakeups.subscribe(RATES_CHANNEL, () => this.refreshForListeners())
    this.timer = setInterval(() => this.refreshForListeners(), MAX_UNREAD_MS)
    this.timer.unref()
  }

  /** The rate of a pair, derived where it is not quoted; null where there is none. */
  async rate(pair: string): Promise<Rate | null> {
    await this.fresh()
    return this.known(pair)
  }

  /** The pairs that are quoted, in order. */
  async pairs(): Promise<string[]> {
    await this.fresh()
    return [...this.rates.keys()].sort()
  }

  /** The same as `rate`, of what was read last. */
  known(pair: string): Rate | null {
    let rate = this.derived.get(pair)
    if (rate === undefined) {
      rate = deriveRate(this.rates, pair)
      this.derived.set(pair, rate)
    }
    return rate
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  close(): void {
    clearInterval(this.timer)
    this.unsubscribe()
    this.listeners.clear()
  }

  async fresh(): Promise<void> {
    const expired = this.nextExpiry !== null && this.nextExpiry <= this.deps.clock.now()
    if (!expired && performance.now() - this.readAtMs <= MAX_UNREAD_MS) return
    try {
      await this.read()
    } catch (error) {
      if (!isRetryableSqlError(error)) throw error
      await this.useCache(error)
    }
  }

  /** Reads what is committed now, for who has just changed it. */
  async reread(): Promise<void> {
    await this.reading
    await this.read()
  }

  private refreshForListeners(): void {
    if (this.listeners.size === 0) {
      this.readAtMs = Number.NEGATIVE_INFINITY // Whoever asks next reads.
      return
    }
    this.read().catch((error: unknown) => this.deps.logger.warn({ error }, 'rates could not be read'))
  }

  private read(): Promise<void> {
    this.reading ??= this.readOnce().finally(() => {
      this.reading = null
    })
    return this.reading
  }

  /** A manual rate ends when its time has come, and not only when a provider is next polled. */
  private async endExpired(): Promise<void> {
    const { pool, clock, wakeups } = this.deps
    const next = async (): Promise<Date | null> => {
      const { rows } = await pool.query<{ next: Date | null }>({
        name: 'forex-next-expiry',
        text: 'select min(expires_at) as next from rate_overrides where ended_at is null',
      })
      return rows[0]?.next ?? null
    }
    this.nextExpiry = await next()
    if (this.nextExpiry === null || this.nextExpiry > clock.now()) return
    if ((await endExpiredOverrides(pool, clock.now())) > 0) wakeRates(wakeups)
    this.nextExpiry = await next()
  }

  private async readOnce(): Promise<void> {
    const startedMs = performance.now()
    await this.endExpired()
    const { rows } = await this.deps.pool.query<RateRow>({
      name: 'forex-current-rates',
      text: `select ${COLUMNS} from current_rates`,
    })
    const changed =
      rows.length !== this.rates.size || rows.some((row) => this.rates.get(row.pair)?.version !== row.version)
    this.readAtMs = startedMs
    this.verifiedAtMs = startedMs
    if (!changed) return
    this.use(new Map(rows.map((row) => [row.pair, toRate(row)])))
    void this.deps.cache.write(this.rates) // Nobody who asks for a rate waits for a cache that is slow.
  }

  /** Goes on with what is known or cached, or throws why the database is away. */
  private async useCache(reason: unknown): Promise<void> {
    const cached = await this.deps.cache.read()
    const own = performance.now() - this.verifiedAtMs <= MAX_CACHED_MS ? this.rates : new Map<string, Rate>()
    const later = laterOf(own, cached)
    if (later.size === 0) throw reason
    this.deps.logger.warn({ error: reason }, 'rates are those that were read last')
    this.readAtMs = performance.now()
    this.use(later)
  }

  private use(rates: ReadonlyMap<string, Rate>): void {
    this.rates = rates
    this.derived = new Map()
    for (const listener of this.listeners) listener()
  }
}

/** The rate that was in force at `at`, of what was quoted directly; crosses are derived by the caller. */
export async function ratesAt(pool: Pool, at: Date): Promise<Map<string, Rate>> {
  const { rows } = await pool.query<RateRow>(
    `select distinct on (pair) ${COLUMNS}, withdrawn from rate_versions where effective_at <= $1 order by pair, effective_at desc, version desc`,
    [at],
  )
  return new Map(rows.filter(({ withdrawn }) => !withdrawn).map((row) => [row.pair, toRate(row)]))
}

const toRate = ({ withdrawn, ...row }: RateRow): Rate => ({
  ...row,
  standing: row.manual,
  bid: Decimal.parse(row.bid),
  mid: Decimal.parse(row.mid),
  ask: Decimal.parse(row.ask),
})
