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
  /** Calls of one key are never under way together: the later one finds what the earlier one did. */
  readonly keyOf?: (call: Call) => string
  /** How much a call is; 1 where absent. */
  readonly sizeOf?: (call: Call) => number
  /** How much a group is at most, but for a call that is more by itself. */
  readonly maxSize?: number
  /** A group that is more than this waits until no other is under way. */
  readonly maxSizeBeside?: number
  /** Two groups keep server and database busy at the same time; more only contend for locks. One keeps calls in order. */
  readonly groupsAtOnce?: 1 | 2
}

const MAX_SIZE = 500

/**
 * Gathers concurrent calls into groups, in their order, so that many share a transaction. When nothing is under way a call
 * goes at once; else it waits for a group to be done, some milliseconds. A group that fails as a whole is tried again call by
 * call, so that one call's fault is not its neighbours', unless what it needs is away.
 */
export class CallGroup<Call, Answer> {
  private waiting: Waiting<Call, Answer>[] = []
  private underWay = 0
  private readonly keysUnderWay = new Set<string>()
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
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      this.sendWaiting()
    })
  }

  private sendWaiting(): void {
    const { groupsAtOnce = 2 } = this.options
    while (this.underWay < groupsAtOnce) {
      const group = this.take()
      if (group.length === 0) return
      void this.send(group)
    }
  }

  /** The calls that may go together now. */
  private take(): Waiting<Call, Answer>[] {
    const { sizeOf = () => 1, maxSize = MAX_SIZE, maxSizeBeside = maxSize } = this.options
    const [taken, left, keys]: [Waiting<Call, Answer>[], Waiting<Call, Answer>[], Set<string>] = [[], [], new Set()]
    let [size, full] = [0, false]
    for (const waiting of this.waiting) {
      const key = this.options.keyOf?.(waiting.call)
      const grown = size + sizeOf(waiting.call)
      full ||= taken.length > 0 && grown > maxSize
      const goes = !full && (key === undefined || !(keys.has(key) || this.keysUnderWay.has(key)))
      if (key !== undefined) keys.add(key)
      if (goes) size = grown
      ;(goes ? taken : left).push(waiting)
    }
    if (this.underWay > 0 && size > maxSizeBeside) return []
    this.waiting = left
    return taken
  }

  private async send(group: readonly Waiting<Call, Answer>[]): Promise<void> {
    const { keyOf } = this.options
    const keys = keyOf ? group.map(({ call }) => keyOf(call)) : []
    for (const key of keys) this.keysUnderWay.add(key)
    this.underWay += 1
    const settle = await this.settled(group)
    this.underWay -= 1
    for (const key of keys) this.keysUnderWay.delete(key)
    // What waits is on its way before those who are answered go on with their own work.
    this.sendWaiting()
    setImmediate(() => {
      for (const settleOne of settle) settleOne()
    })
  }

  /** How each call of a group is to be settled. Never throws. */
  private async settled(group: readonly Waiting<Call, Answer>[]): Promise<(() => void)[]> {
    try {
      const answers = await this.answer(group)
      return group.map(
        ({ resolve }, index) =>
          () =>
            resolve(answers[index] as Answer),
      ) // One per call.
    } catch (error) {
      if (group.length === 1 || isAway(error))
        return group.map(
          ({ reject }) =>
            () =>
              reject(error),
        )
      const alone: (() => void)[] = []
      for (const waiting of group) alone.push(...(await this.settled([waiting])))
      return alone
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

/** Answers calls that are lists as one list, each with its part of it. */
export const asOneList =
  <Item, Answer>(answer: (items: readonly Item[]) => Promise<readonly Answer[]>) =>
  async (calls: readonly (readonly Item[])[]): Promise<readonly (readonly Answer[])[]> => {
    const answers = await answer(calls.flat())
    let from = 0
    return calls.map(({ length }) => {
      from += length
      return answers.slice(from - length, from)
    })
  }

/** Whether what failed needs something that is away for now: nobody gains from trying again one by one. */
export const isAway = (error: unknown): boolean =>
  (error instanceof Fault && error.retryable) || isRetryableSqlError(error)
