import { type DecideDeps, type DecideRequest, type Decision, decide } from './decide.ts'

interface Call {
  readonly requests: readonly DecideRequest[]
  resolve(decisions: Decision[]): void
  reject(error: unknown): void
}

/** One group is being written while the engine is asked for the next. */
const GROUPS_AT_ONCE = 2
const MAX_GROUP = 1_000

/**
 * Decides calls that come at the same time in one transaction: while groups are on their way, what comes gathers into the
 * next one, in the order in which it came. When a group fails, each of its calls is decided alone, so that one payment's
 * fault is not its neighbours'.
 */
export class DecideTogether {
  private readonly waiting: Call[] = []
  private running = 0

  constructor(
    private readonly deps: DecideDeps,
    private readonly options: { readonly prepare: boolean },
  ) {}

  decide(requests: readonly DecideRequest[]): Promise<Decision[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ requests, resolve, reject })
      this.start()
    })
  }

  private start(): void {
    if (this.running >= GROUPS_AT_ONCE || this.waiting.length === 0) return
    this.running += 1
    void this.run(this.nextGroup()).finally(() => {
      this.running -= 1
      this.start()
    })
  }

  /** As many of the waiting calls as fit, the first whatever its size. */
  private nextGroup(): Call[] {
    let size = 0
    const end = this.waiting.findIndex(({ requests }, index) => {
      size += requests.length
      return index > 0 && size > MAX_GROUP
    })
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end)
  }

  /** Never throws: whatever happens is its callers'. */
  private async run(calls: readonly Call[]): Promise<void> {
    try {
      const decisions = await decide(
        this.deps,
        calls.flatMap(({ requests }) => requests),
        this.options,
      )
      let from = 0
      for (const { requests, resolve } of calls) {
        resolve(decisions.slice(from, from + requests.length))
        from += requests.length
      }
    } catch (error) {
      const [only, ...others] = calls
      if (only && others.length === 0) return only.reject(error)
      for (const call of calls) await this.run([call])
    }
  }
}
