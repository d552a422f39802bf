import { inGroupSpan } from '@corridor/platform'
import { type Context, context } from '@opentelemetry/api'
import type { JournalResult } from '../domain/journal.ts'
import { MAX_JOURNALS_PER_BATCH } from '../domain/journal.ts'
import type { ReadJournal } from './journal-input.ts'

type Results = readonly JournalResult[]
type Post = (journals: readonly ReadJournal[]) => Promise<Results>

interface Waiting {
  readonly journals: readonly ReadJournal[]
  /** As part of what they were asked for. */
  readonly context: Context
  readonly resolve: (results: Results) => void
  readonly reject: (error: unknown) => void
}

/** Two small batches at once keep the database busy while the server decides; more only contend for locks. */
const MAX_BATCHES_AT_ONCE = 2
/** A larger batch than this would wait for accounts of the one beside it, and read them twice: it goes when nothing else is under way. */
const SMALL_BATCH = 64

/**
 * Groups concurrent calls into batches. When nothing is under way a call goes at once; while batches are, calls gather
 * and leave together when one of them is done: the wait is at most that batch, a few milliseconds. A batch that fails as
 * a whole is tried again call by call, so that one call's fault is not its neighbours'.
 */
export class JournalGroup {
  private waiting: Waiting[] = []
  private batchesUnderWay = 0
  private scheduled = false

  constructor(private readonly post: Post) {}

  submit(journals: readonly ReadJournal[]): Promise<Results> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ journals, context: context.active(), resolve, reject })
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
    for (let count = this.mayGo(); count > 0; count = this.mayGo()) void this.send(this.waiting.splice(0, count))
  }

  /** How many of the waiting calls, in order, may go together now. */
  private mayGo(): number {
    if (this.batchesUnderWay >= MAX_BATCHES_AT_ONCE) return 0
    let [count, size] = [0, 0]
    for (const { journals } of this.waiting) {
      if (count > 0 && size + journals.length > MAX_JOURNALS_PER_BATCH) break
      count += 1
      size += journals.length
    }
    return this.batchesUnderWay === 0 || size <= SMALL_BATCH ? count : 0
  }

  private async send(calls: Waiting[]): Promise<void> {
    this.batchesUnderWay += 1
    const answer = await this.postTogether(calls).then(
      (results) => () => deliver(calls, results),
      (error: unknown) => () => this.fail(calls, error),
    )
    this.batchesUnderWay -= 1
    // What waits is on its way to the database before those who are answered go on with their own work.
    this.sendWaiting()
    setImmediate(answer)
  }

  private postTogether(calls: readonly Waiting[]): Promise<Results> {
    return inGroupSpan(
      { service: 'ledger-service', name: 'post journals' },
      calls.map((call) => call.context),
      () => this.post(calls.flatMap(({ journals }) => journals)),
    )
  }

  private fail(calls: Waiting[], error: unknown): void {
    if (calls.length === 1) calls[0]?.reject(error)
    else for (const call of calls) this.postTogether([call]).then(call.resolve, call.reject)
  }
}

function deliver(calls: readonly Waiting[], results: Results): void {
  let from = 0
  for (const { journals, resolve } of calls) {
    resolve(results.slice(from, from + journals.length))
    from += journals.length
  }
}
