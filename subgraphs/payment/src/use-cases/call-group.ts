interface Waiting<Call, Answer> {
  readonly calls: readonly Call[]
  readonly resolve: (answers: readonly Answer[]) => void
  readonly reject: (error: unknown) => void
}

export interface CallGroupOptions<Call, Answer> {
  /** Answers a batch, one answer per call, in order. */
  readonly run: (calls: readonly Call[]) => Promise<readonly Answer[]>
  readonly maxBatch: number
  /** Two keep the database busy while the process works on the next; more only contend. */
  readonly maxBatchesAtOnce: number
}

/**
 * Gathers concurrent calls into batches. When nothing is under way a call goes at once; while batches are, calls gather
 * and leave together when one of them is done. A batch that fails as a whole is tried again submission by submission, so
 * that one's fault is not its neighbours'.
 */
export class CallGroup<Call, Answer> {
  private waiting: Waiting<Call, Answer>[] = []
  private underWay = 0
  private scheduled = false

  constructor(private readonly options: CallGroupOptions<Call, Answer>) {}

  submit(calls: readonly Call[]): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ calls, resolve, reject })
      this.schedule()
    })
  }

  /** What is submitted in one turn of the event loop leaves together. */
  private schedule(): void {
    if (this.scheduled || this.underWay >= this.options.maxBatchesAtOnce || this.waiting.length === 0) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      void this.send(this.take())
    })
  }

  private take(): Waiting<Call, Answer>[] {
    let size = 0
    const tooMany = this.waiting.findIndex(({ calls }) => {
      size += calls.length
      return size > this.options.maxBatch
    })
    return this.waiting.splice(0, tooMany === -1 ? this.waiting.length : Math.max(tooMany, 1))
  }

  private async send(submissions: readonly Waiting<Call, Answer>[]): Promise<void> {
    this.underWay += 1
    const { run } = this.options
    try {
      const answers = await run(submissions.flatMap(({ calls }) => calls))
      let from = 0
      for (const { calls, resolve } of submissions) {
        resolve(answers.slice(from, from + calls.length))
        from += calls.length
      }
    } catch (error) {
      if (submissions.length === 1) submissions[0]?.reject(error)
      else await Promise.all(submissions.map(({ calls, resolve, reject }) => run(calls).then(resolve, reject)))
    } finally {
      this.underWay -= 1
      this.schedule()
    }
  }
}
