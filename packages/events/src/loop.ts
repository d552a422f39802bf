import { Degraded, dependsOn, type Logger, type Wakeups } from '@corridor/platform'
import { roundsOf } from './event-metrics.ts'

export interface LoopOptions {
  readonly name: string
  readonly logger: Logger
  /** One round; answers whether there may be more to do at once. */
  readonly round: () => Promise<boolean>
  /** The longest time between two rounds, in case a wake-up was lost. */
  readonly pollMs: number
  readonly wakeups?: Wakeups
  readonly channels?: readonly string[]
}

const MIN_BACKOFF_MS = 100
const MAX_BACKOFF_MS = 10_000
/** A loop whose rounds have failed for so long does not do its work. */
const DOWN_AFTER_MS = 60_000
/** A round that runs for so long has not come to its end as it should. */
const LONG_ROUND_MS = 120_000

/**
 * Runs rounds, one at a time: again at once while there is more, else on a wake-up or after `pollMs`. A round that
 * throws is logged and tried again with growing, jittered delay. `stop` waits for the round under way.
 */
export class Loop {
  private running: Promise<void> | null = null
  private stopping = false
  private woken = false
  private wakeNow: (() => void) | null = null
  private unsubscribe: (() => void)[] = []
  private failingSinceMs: number | null = null
  private roundSinceMs: number | null = null

  constructor(private readonly options: LoopOptions) {}

  start(): void {
    if (this.running) return
    this.stopping = false
    const { wakeups, channels = [] } = this.options
    if (wakeups) this.unsubscribe = channels.map((channel) => wakeups.subscribe(channel, () => this.wake()))
    const { name } = this.options
    this.unsubscribe.push(
      dependsOn({ name: `loop ${name}`, service: null, required: true, ask: () => this.assertWorks() }),
    )
    this.running = this.run()
  }

  wake(): void {
    this.woken = true
    this.wakeNow?.()
  }

  async stop(): Promise<void> {
    this.stopping = true
    for (const unsubscribe of this.unsubscribe) unsubscribe()
    this.wake()
    await this.running
    this.running = null
  }

  private async run(): Promise<void> {
    let failures = 0
    const rounds = roundsOf(this.options.name)
    while (!this.stopping) {
      this.woken = false
      this.roundSinceMs = performance.now()
      let more = false
      try {
        more = await this.options.round()
        failures = 0
        this.failingSinceMs = null
        rounds.done.add()
      } catch (error) {
        failures += 1
        rounds.failed.add()
        this.failingSinceMs ??= performance.now()
        this.options.logger.error({ error, loop: this.options.name, failures }, 'round failed')
      }
      this.roundSinceMs = null
      if (!more && !this.stopping) await this.rest(failures)
    }
  }

  /** Whether rounds come to their end: for the readiness of the process. */
  private assertWorks(): void {
    const nowMs = performance.now()
    if (this.failingSinceMs !== null) {
      if (nowMs - this.failingSinceMs > DOWN_AFTER_MS) throw new RoundsFail()
      throw new Degraded('its rounds fail')
    }
    if (this.roundSinceMs !== null && nowMs - this.roundSinceMs > LONG_ROUND_MS) throw new Degraded('a round is long')
  }

  private async rest(failures: number): Promise<void> {
    if (failures === 0 && this.woken) return
    const delayMs = failures === 0 ? this.options.pollMs : backoffMs(failures)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs)
      // A wake-up says that there is work, not that what failed has been mended.
      this.wakeNow = () => {
        if (failures > 0 && !this.stopping) return
        clearTimeout(timer)
        resolve()
      }
      if (this.stopping) this.wakeNow()
    })
    this.wakeNow = null
  }
}

function backoffMs(failures: number): number {
  const full = Math.min(MIN_BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS)
  return full / 2 + Math.random() * (full / 2)
}

class RoundsFail extends Error {
  override readonly name = 'RoundsFail'
}
