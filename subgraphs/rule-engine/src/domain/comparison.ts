import type { Outcome } from './decision.ts'

/** Payments of which one version would have said something else than was decided. */
export interface OutcomeChange {
  readonly before: Outcome
  readonly after: Outcome
  readonly count: number
  /** In US cents, at the payments' own reference rates. */
  readonly usdMinor: bigint
}

export interface Comparison {
  readonly evaluated: number
  readonly changed: number
  readonly changes: readonly OutcomeChange[]
}

/** Adds up what a version would have changed. */
export class OutcomeComparison {
  private evaluated = 0
  private readonly changes = new Map<string, OutcomeChange>()

  add({ before, after, count, usdMinor }: OutcomeChange): void {
    this.evaluated += count
    if (before === after) return
    const known = this.changes.get(`${before} ${after}`)
    this.changes.set(`${before} ${after}`, {
      before,
      after,
      count: count + (known?.count ?? 0),
      usdMinor: usdMinor + (known?.usdMinor ?? 0n),
    })
  }

  /** The most frequent change first. */
  result(): Comparison {
    const changes = [...this.changes.values()].sort((a, b) => b.count - a.count)
    return { evaluated: this.evaluated, changed: changes.reduce((sum, { count }) => sum + count, 0), changes }
  }
}
