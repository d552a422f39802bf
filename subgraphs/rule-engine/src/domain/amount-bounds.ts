import type { Reason } from './decision.ts'
import type { DecisionInput } from './decision-input.ts'

/** The smallest and the largest payment of the platform in US cents, whatever the rule sets grant. */
export interface AmountBounds {
  readonly minUsdMinor: number
  readonly maxUsdMinor: number
}

/** From one cent to a million dollars. */
export const DEFAULT_BOUNDS: AmountBounds = { minUsdMinor: 1, maxUsdMinor: 100_000_000 }

/** Under which name reasons stand that no rule set can take away. */
const PLATFORM_RULES = { ruleSetName: 'platform', ruleSetVersion: 1 } as const

/** What an amount outside the hard bounds is told. Both bounds belong to what is allowed. */
export function outOfBounds({ amountUsdMinor, bounds }: Pick<DecisionInput, 'amountUsdMinor' | 'bounds'>): Reason[] {
  const decline = (code: string, message: string): Reason[] => [
    { code, message, outcome: 'DECLINE', points: 0, ...PLATFORM_RULES },
  ]
  if (amountUsdMinor < bounds.minUsdMinor)
    return decline('AMOUNT_MINIMUM', 'The amount is below the smallest possible.')
  if (amountUsdMinor > bounds.maxUsdMinor) return decline('AMOUNT_MAXIMUM', 'The amount is above the largest possible.')
  return []
}
