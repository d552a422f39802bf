export type Outcome = 'APPROVE' | 'REVIEW' | 'DECLINE'
/** From the mildest to the strictest. */
export const OUTCOMES: readonly Outcome[] = ['APPROVE', 'REVIEW', 'DECLINE']
export type PaymentKind = 'TRANSFER' | 'DEPOSIT' | 'WITHDRAWAL' | 'PAYOUT'

/** One rule's say: what it demands by itself, and what it adds to the score. */
export interface Finding {
  readonly code: string
  readonly message: string
  readonly outcome: Outcome
  readonly points: number
}

/** A finding with the version of the rule set that made it: enough to combine it with others again. */
export interface Reason extends Finding {
  readonly ruleSetName: string
  readonly ruleSetVersion: number
}

export interface Verdict {
  readonly outcome: Outcome
  /** 0 to 100, whole. */
  readonly riskScore: number
  readonly reasons: readonly Reason[]
}

const REVIEW_FROM = 50
const DECLINE_FROM = 75
const MAX_SCORE = 100

/**
 * The strictest of what single rules demand and of what their points add up to: 50 and more is a review, 75 and more a
 * decline.
 */
export function combine(reasons: readonly Reason[]): Verdict {
  const points = reasons.reduce((sum, reason) => sum + reason.points, 0)
  const riskScore = Math.max(0, Math.min(MAX_SCORE, Math.round(points)))
  const byScore: Outcome = riskScore >= DECLINE_FROM ? 'DECLINE' : riskScore >= REVIEW_FROM ? 'REVIEW' : 'APPROVE'
  const outcome = reasons.reduce((worst, reason) => stricter(worst, reason.outcome), byScore)
  return { outcome, riskScore, reasons }
}

const severityOf = (outcome: Outcome): number => OUTCOMES.indexOf(outcome)
const stricter = (a: Outcome, b: Outcome): Outcome => (severityOf(a) >= severityOf(b) ? a : b)

/** The reason that a payment failed for, in one: of the strictest the one with most points. */
export const weightiest = (reasons: readonly Reason[]): Reason | undefined =>
  reasons.toSorted((a, b) => severityOf(b.outcome) - severityOf(a.outcome) || b.points - a.points)[0]
