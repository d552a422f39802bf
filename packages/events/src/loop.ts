import type { Logger, Wakeups } from '@corridor/platform'

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

  constructor(private readonly options: LoopOptions) {}

  start(): void {
    if (this.running) return
    this.stopping = false
    const { wakeups, channels = [] } = this.options
    if (wakeups) this.unsubscribe = channels.map((channel) => wakeups.subscribe(channel, () => this.wake()))
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
    while (!this.stopping) {
      this.woken = false
      let more = false
      try {
        more = await this.options.round()
        failures = 0
      } catch (error) {
        failures += 1
        this.options.logger.error({ error, loop: this.options.name, failures }, 'round failed')
      }
      if (!more && !this.stopping) await this.rest(failures)
    }
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
