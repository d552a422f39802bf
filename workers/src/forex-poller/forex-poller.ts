import { Lease, Loop } from '@corridor/events'
import { createTickRecorder, type DynamoSettings, type Policies, type RateProvider } from '@corridor/forex'
import { type Clock, Fault, inSpan, type Logger, type Wakeups } from '@corridor/platform'
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'

export interface ForexPollerDeps {
  readonly databaseUrl: string
  readonly provider: RateProvider
  /** For each pair's sanity bound; the standard one where absent. */
  readonly policies?: Policies
  /** Where ticks and candles are kept; without it there is no history. */
  readonly dynamo?: DynamoSettings | undefined
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly logger: Logger
}

/** What a round came to: another poller leads, it is not yet time, the provider failed, or how many pairs changed. */
export type PollerRound = 'STANDBY' | 'EARLY' | 'FAILED' | { readonly changed: number }

/** A fetch that takes longer than this is given up; the next round tries again. */
const FETCH_TIMEOUT_MS = 15_000
/** Longer than a fetch may take, so that no second leader begins while the first one is still at it. */
const LEASE_MS = 30_000
const RENEW_MS = 5_000
const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 600_000
/** A spent quota is not asked again and again. */
const QUOTA_RETRY_MS = 3_600_000
const QUOTES_MS = 1_000
const OVERRIDES_MS = 5_000

/**
 * Asks the provider for rates once per its interval and records them: one leader at a time, one round at a time, and after
 * a failure again with growing, jittered delay. Announces the end of quotes that nobody used in time, and copies manual
 * rates to the history.
 */
export class ForexPoller {
  private readonly recorder: ReturnType<typeof createTickRecorder>
  private readonly lease = new Lease({ name: 'forex-poller', ttlMs: LEASE_MS })
  private readonly loops: readonly Loop[]
  private nextAtMs = 0
  private failures = 0

  constructor(private readonly deps: ForexPollerDeps) {
    const { provider, logger, ...others } = deps
    this.recorder = createTickRecorder({ ...others, logger, service: 'forex-poller' })
    this.loops = [
      new Loop({
        name: 'forex-poller',
        logger,
        pollMs: Math.min(provider.intervalMs, RENEW_MS),
        round: async () => {
          await this.round()
          return false
        },
      }),
      new Loop({
        name: 'quote-expiry',
        logger,
        pollMs: QUOTES_MS,
        round: () => this.recorder.announceExpiredQuotes(),
      }),
      new Loop({
        name: 'override-history',
        logger,
        pollMs: OVERRIDES_MS,
        round: () => this.recorder.keepOverrides(),
      }),
    ]
  }

  /** Polls now, whoever leads, for a start that waits for the first rates; a provider that is away is asked again later. */
  async first(): Promise<PollerRound> {
    return await this.pollOrWait()
  }

  /** Polls if this is the leader and it is time to. */
  async round(): Promise<PollerRound> {
    if ((await this.lease.hold(this.recorder.pool)) === null) {
      this.nextAtMs = 0 // Whoever takes over does not know when the last leader polled.
      return 'STANDBY'
    }
    return performance.now() < this.nextAtMs ? 'EARLY' : await this.pollOrWait()
  }

  private async pollOrWait(): Promise<PollerRound> {
    const startedMs = performance.now()
    try {
      const changed = await inSpan({ service: 'forex-poller', name: 'poll rates', parent: ROOT_CONTEXT }, () =>
        this.poll(),
      )
      this.failures = 0
      this.nextAtMs = startedMs + this.deps.provider.intervalMs
      return { changed }
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.failures += 1
      const retryMs = retryAfterMs(error, this.failures, this.deps.provider.intervalMs)
      this.nextAtMs = performance.now() + retryMs
      this.deps.logger.warn({ error, failures: this.failures, retryMs }, 'rates could not be had')
      return 'FAILED'
    }
  }

  private async poll(): Promise<number> {
    const { provider } = this.deps
    const options = { service: 'forex-poller', name: `fetch ${provider.name}`, kind: SpanKind.CLIENT }
    const ticks = await inSpan(options, () => provider.fetch(AbortSignal.timeout(FETCH_TIMEOUT_MS)))
    return await this.recorder.recordTicks(ticks)
  }

  start(): void {
    for (const loop of this.loops) loop.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()))
    await this.lease.release(this.recorder.pool)
    await this.recorder.close()
  }
}

/** Never later than the next poll would have been. Jittered by half, so that pollers do not keep step. */
function retryAfterMs({ code }: Fault, failures: number, intervalMs: number): number {
  const growing = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS)
  const full = Math.min(code === 'TOO_MANY_REQUESTS' ? QUOTA_RETRY_MS : growing, intervalMs)
  return full / 2 + Math.random() * (full / 2)
}
