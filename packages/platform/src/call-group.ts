import { type Context, context } from '@opentelemetry/api'
import { isRetryableSqlError } from './database.ts'
import { Fault } from './errors.ts'
import { inGroupSpan } from './telemetry/spans.ts'

interface Waiting<Call, Answer> {
  readonly call: Call
  /** As part of what it was made. */
  readonly context: Context
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

export interface CallGroupOptions<Call, Answer> {
  /** How its work is told in traces. */
  readonly span: { readonly service: string; readonly name: string }
  /** Answers a group, in its order. */
  readonly answer: (calls: readonly Call[]) => Promise<readonly Answer[]>
  /** Calls of one key are never in one group: the later one finds what the earlier one did. */
  readonly keyOf?: (call: Call) => string
  readonly maxCalls?: number
  /** Two groups keep server and database busy at the same time; more only contend for locks. One keeps calls in order. */
  readonly groupsAtOnce?: 1 | 2
}

const MAX_CALLS = 500

/**
 * Gathers concurrent calls into groups, so that many share a transaction. When nothing is under way a call goes at once;
 * else it waits for a group to be done, some milliseconds. A group that fails as a whole is tried again call by call, so
 * that one call's fault is not its neighbours', unless what it needs is away.
 */
export class CallGroup<Call, Answer> {
  private waiting: Waiting<Call, Answer>[] = []
  private underWay = 0
  private scheduled = false

  constructor(private readonly options: CallGroupOptions<Call, Answer>) {}

  submit(call: Call): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ call, context: context.active(), resolve, reject })
      this.schedule()
    })
  }

  /** Calls of the same turn of the event loop leave together. */
  private schedule(): void {
    if (this.scheduled || this.underWay >= (this.options.groupsAtOnce ?? 2) || this.waiting.length === 0) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      void this.send(this.take())
    })
  }

  private take(): Waiting<Call, Answer>[] {
    const { keyOf, maxCalls = MAX_CALLS } = this.options
    const [taken, left, keys]: [Waiting<Call, Answer>[], Waiting<Call, Answer>[], Set<string>] = [[], [], new Set()]
    for (const waiting of this.waiting) {
      const key = keyOf?.(waiting.call)
      const fits = taken.length < maxCalls && (key === undefined || !keys.has(key))
      if (key !== undefined) keys.add(key)
      ;(fits ? taken : left).push(waiting)
    }
    this.waiting = left
    return taken
  }

  private async send(group: readonly Waiting<Call, Answer>[]): Promise<void> {
    this.underWay += 1
    try {
      const answers = await this.answer(group)
      for (const [index, { resolve }] of group.entries()) resolve(answers[index] as Answer) // One per call.
    } catch (error) {
      if (group.length === 1 || isAway(error)) for (const { reject } of group) reject(error)
      else for (const waiting of group) await this.alone(waiting)
    } finally {
      this.underWay -= 1
      this.schedule()
    }
  }

  private async alone(waiting: Waiting<Call, Answer>): Promise<void> {
    try {
      const [answer] = await this.answer([waiting])
      waiting.resolve(answer as Answer) // One per call.
    } catch (error) {
      waiting.reject(error)
    }
  }

  private answer(group: readonly Waiting<Call, Answer>[]): Promise<readonly Answer[]> {
    const { span, answer } = this.options
    return inGroupSpan(
      span,
      group.map((waiting) => waiting.context),
      () => answer(group.map(({ call }) => call)),
    )
  }
}

/** Whether what failed needs something that is away for now: nobody gains from trying again one by one. */
export const isAway = (error: unknown): boolean =>
  (error instanceof Fault && error.retryable) || isRetryableSqlError(error)
