import type { KycLevel, KycStatus } from './profile.ts'

export interface KycState {
  readonly status: KycStatus
  readonly level: KycLevel | null
}

/** What a provider found: clear, rejected, or something that an officer must look at. */
export type KycFinding = 'CLEAR' | 'REJECTED' | 'ATTENTION'

const RANK: Readonly<Record<KycLevel, number>> = { BASIC: 1, ENHANCED: 2 }

/** Whether a customer already has this level, or a higher one. */
export const hasLevel = ({ status, level }: KycState, wanted: KycLevel): boolean =>
  status === 'VERIFIED' && level !== null && RANK[level] >= RANK[wanted]

/** Where a check begins: who is verified stays so, at his present level, while he is looked at for a higher one. */
export const whenStarted = (state: KycState): KycState =>
  state.status === 'VERIFIED' ? state : { status: 'PENDING', level: null }

/** What a provider's finding makes of a customer. A failed check for a higher level does not take the present one away. */
export function whenFound(state: KycState, { finding, level }: { finding: KycFinding; level: KycLevel }): KycState {
  if (hasLevel(state, level)) return state
  if (finding === 'CLEAR') return { status: 'VERIFIED', level }
  if (state.status === 'VERIFIED') return state
  return finding === 'REJECTED' ? { status: 'REJECTED', level: null } : { status: 'PENDING', level: null }
}

/**
 * What an officer's decision makes of a customer: his word is the last. Verified is at the level that was asked for, else
 * at the present one, else BASIC; any other state has no level.
 */
export const whenDecided = (
  state: KycState,
  { status, level }: { status: KycStatus; level: KycLevel | null },
): KycState => (status === 'VERIFIED' ? { status, level: level ?? state.level ?? 'BASIC' } : { status, level: null })
