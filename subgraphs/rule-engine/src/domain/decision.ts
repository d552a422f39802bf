export type Outcome = 'APPROVE' | 'REVIEW' | 'DECLINE'
export type PaymentKind = 'TRANSFER' | 'DEPOSIT' | 'WITHDRAWAL' | 'PAYOUT'
export const LIMIT_PERIODS = ['TRANSACTION', 'DAY', 'MONTH'] as const
export type LimitPeriod = (typeof LIMIT_PERIODS)[number]

/** One rule's say: what it demands by itself, and what it adds to the score. */
export interface Finding {
  readonly code: string
  readonly message: string
  readonly outcome: Outcome
  readonly points: number
}

export interface Reason {
  readonly code: string
  readonly message: string
  readonly ruleSetName: string
  readonly ruleSetVersion: number
}

/** In US cents. `used` is what counted before the payment that was decided. */
export interface LimitUse {
  readonly code: string
  readonly period: LimitPeriod
  readonly limitMinor: bigint
  readonly usedMinor: bigint
}

export interface Verdict {
  readonly outcome: Outcome
  readonly riskScore: number
  readonly reasons: readonly Reason[]
}

export interface FoundBy {
  readonly ruleSetName: string
  readonly ruleSetVersion: number
  readonly findings: readonly Finding[]
}

const REVIEW_FROM = 50
const DECLINE_FROM = 75
const MAX_SCORE = 100
const SEVERITY: Readonly<Record<Outcome, number>> = { APPROVE: 0, REVIEW: 1, DECLINE: 2 }

/**
 * The strictest of what single rules demand and of what their points add up to: 50 and more is a review, 75 and more a
 * decline.
 */
export function combine(found: readonly FoundBy[]): Verdict {
  const findings = found.flatMap((set) => set.findings)
  const points = findings.reduce((sum, finding) => sum + finding.points, 0)
  const riskScore = Math.max(0, Math.min(MAX_SCORE, Math.round(points)))
  const byScore: Outcome = riskScore >= DECLINE_FROM ? 'DECLINE' : riskScore >= REVIEW_FROM ? 'REVIEW' : 'APPROVE'
  const outcome = findings.reduce((worst, finding) => stricter(worst, finding.outcome), byScore)
  const reasons = found.flatMap(({ ruleSetName, ruleSetVersion, findings: own }) =>
    own.map(({ code, message }) => ({ code, message, ruleSetName, ruleSetVersion })),
  )
  return { outcome, riskScore, reasons }
}

const stricter = (a: Outcome, b: Outcome): Outcome => (SEVERITY[a] >= SEVERITY[b] ? a : b)
