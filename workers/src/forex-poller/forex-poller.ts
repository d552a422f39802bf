import { Loop } from '@corridor/events'
import { createTickRecorder, type RateProvider, standardPolicies } from '@corridor/forex'
import type { Clock, Logger, Wakeups } from '@corridor/platform'

export interface ForexPollerDeps {
  readonly databaseUrl: string
  readonly provider: RateProvider
  readonly clock: Clock
  readonly wakeups: Wakeups
  readonly logger: Logger
}

/** A fetch that takes longer than this is given up; the next round tries again. */
const FETCH_TIMEOUT_MS = 15_000

/**
 * Asks the provider for rates once per its interval and records them. Several pollers do no harm: a tick that is not
 * newer than what is known changes nothing.
 */
export class ForexPoller {
  private readonly recorder: ReturnType<typeof createTickRecorder>
  private readonly loop: Loop

  constructor(private readonly deps: ForexPollerDeps) {
    const { databaseUrl, provider, clock, wakeups, logger } = deps
    this.recorder = createTickRecorder({
      databaseUrl,
      wakeups,
      clock,
      logger,
      policies: standardPolicies(provider),
      service: 'forex-poller',
    })
    this.loop = new Loop({
      name: 'forex-poller',
      logger,
      pollMs: provider.intervalMs,
      round: async () => {
        await this.poll()
        return false
      },
    })
  }

  /** One round, for a start that waits for the first rates. Answers how many pairs changed. */
  async poll(): Promise<number> {
    return this.recorder.recordTicks(await this.deps.provider.fetch(AbortSignal.timeout(FETCH_TIMEOUT_MS)))
  }

  start(): void {
    this.loop.start()
  }

  async stop(): Promise<void> {
    await this.loop.stop()
    await this.recorder.close()
  }
}
