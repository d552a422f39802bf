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

/** What a group is told when its turn has come. */
export interface Turn<Ahead> {
  /** No other group is under way: what it leaves is what the next one finds. */
  readonly leads: boolean
  /** What was worked out for it before. */
  readonly ahead: Ahead | null
  /** To be called when its work is on its way: the next group may be worked on. */
  readonly sent: () => void
}

/** The group that goes when none is under way any more. */
interface Next<Call, Answer, Ahead> {
  readonly group: readonly Waiting<Call, Answer>[]
  ahead: Ahead | null
}

export interface CallGroupOptions<Call, Answer, Ahead = never> {
  /** How its work is told in traces. */
  readonly span: { readonly service: string; readonly name: string }
  /** Answers a group, in its order. */
  readonly answer: (calls: readonly Call[], turn: Turn<Ahead>) => Promise<readonly Answer[]>
  /**
   * What can be worked out for a group that has to wait by itself, as soon as the one under way is sent. A group then leaves
   * half of what there is for the next.
   */
  readonly workAhead?: (calls: readonly Call[]) => Ahead | null
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
export class CallGroup<Call, Answer, Ahead = never> {
  private waiting: Waiting<Call, Answer>[] = []
  private next: Next<Call, Answer, Ahead> | null = null
  private underWay = 0
  private sizeUnderWay = 0
  private readonly keysUnderWay = new Set<string>()
  private scheduled = false

  constructor(private readonly options: CallGroupOptions<Call, Answer, Ahead>) {}

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
    const { groupsAtOnce = 2, maxSize = MAX_SIZE, maxSizeBeside = maxSize } = this.options
    if (this.next) {
      if (this.underWay > 0) return
      const next = this.next
      this.next = null
      void this.send(next)
    }
    while (this.underWay < groupsAtOnce) {
      const group = this.take(this.underWay > 0 ? maxSizeBeside : Number.POSITIVE_INFINITY)
      if (group.length === 0) return
      void this.send({ group, ahead: null })
    }
  }

  /** The calls that may go together now; none if they are more than `maxGoing`. */
  private take(maxGoing: number): readonly Waiting<Call, Answer>[] {
    const { sizeOf = () => 1 } = this.options
    const maxSize = this.maxSize()
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
    if (size > maxGoing) return []
    this.waiting = left
    return taken
  }

  private maxSize(): number {
    const { workAhead, maxSize = MAX_SIZE, maxSizeBeside = maxSize } = this.options
    if (!workAhead) return maxSize
    const half = Math.ceil((this.sizeUnderWay + this.size(this.waiting)) / 2)
    return Math.min(maxSize, Math.max(half, maxSizeBeside))
  }

  private size(group: readonly Waiting<Call, Answer>[]): number {
    const { sizeOf = () => 1 } = this.options
    return group.reduce((size, { call }) => size + sizeOf(call), 0)
  }

  /** Behind what was sent: takes the group that goes next, if it has to wait, and works ahead for it. */
  private prepare(): void {
    const { workAhead, maxSizeBeside = 0 } = this.options
    if (!workAhead || this.next || this.underWay === 0 || this.size(this.waiting) <= maxSizeBeside) return
    const group = this.take(Number.POSITIVE_INFINITY)
    if (group.length === 0) return
    this.next = { group, ahead: null }
    this.next.ahead = workAhead(group.map(({ call }) => call))
  }

  private async send({ group, ahead }: Next<Call, Answer, Ahead>): Promise<void> {
    const { keyOf } = this.options
    const keys = keyOf ? group.map(({ call }) => keyOf(call)) : []
    for (const key of keys) this.keysUnderWay.add(key)
    const size = this.size(group)
    const turn = { leads: this.underWay === 0, ahead, sent: () => setImmediate(() => this.prepare()) }
    this.underWay += 1
    this.sizeUnderWay += size
    const settle = await this.settled(group, turn)
    this.underWay -= 1
    this.sizeUnderWay -= size
    for (const key of keys) this.keysUnderWay.delete(key)
    // What waits is on its way before those who are answered go on with their own work.
    this.sendWaiting()
    setImmediate(() => {
      for (const settleOne of settle) settleOne()
    })
  }

  /** How each call of a group is to be settled. Never throws. */
  private async settled(
    group: readonly Waiting<Call, Answer>[],
    turn: Turn<Ahead> = BY_ITSELF,
  ): Promise<(() => void)[]> {
    try {
      const answers = await this.answer(group, turn)
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

  private answer(group: readonly Waiting<Call, Answer>[], turn: Turn<Ahead>): Promise<readonly Answer[]> {
    const { span, answer } = this.options
    return inGroupSpan(
      span,
      group.map((waiting) => waiting.context),
      () =>
        answer(
          group.map(({ call }) => call),
          turn,
        ),
    )
  }
}

/** Of a group that failed, a call that is tried again. */
const BY_ITSELF: Turn<never> = { leads: false, ahead: null, sent: () => undefined }

/** Answers calls that are lists as one list, each with its part of it. */
export const asOneList =
  <Item, Answer, Ahead = never>(answer: (items: readonly Item[], turn: Turn<Ahead>) => Promise<readonly Answer[]>) =>
  async (calls: readonly (readonly Item[])[], turn: Turn<Ahead>): Promise<readonly (readonly Answer[])[]> => {
    const answers = await answer(calls.flat(), turn)
    let from = 0
    return calls.map(({ length }) => {
      from += length
      return answers.slice(from - length, from)
    })
  }

/** Whether what failed needs something that is away for now: nobody gains from trying again one by one. */
export const isAway = (error: unknown): boolean =>
  (error instanceof Fault && error.retryable) || isRetryableSqlError(error)
