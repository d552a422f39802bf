import type { Rate } from './rate.ts'

export interface PairPolicy {
  readonly spreadBps: number
  readonly maxAgeSeconds: number
  /** What happens when the rate is older: REJECT refuses, INDICATIVE still shows it for `convert`. Money never moves on it. */
  readonly whenStale: 'REJECT' | 'INDICATIVE'
  /** How far a tick may be from the one before; what jumps further is quarantined. */
  readonly maxJumpBps?: number
}

/** One policy for all pairs, and those that differ from it. */
export interface Policies {
  readonly standard: PairPolicy
  readonly pairs: Readonly<Record<string, Partial<PairPolicy>>>
}

export const policyOf = ({ standard, pairs }: Policies, pair: string): PairPolicy => ({ ...standard, ...pairs[pair] })

/** A manual rate holds until it is cleared or expires: only what providers said grows old. */
export const isStale = (rate: Rate, policy: PairPolicy, now: Date): boolean =>
  !rate.standing && now.getTime() - rate.observedAt.getTime() > policy.maxAgeSeconds * 1000
