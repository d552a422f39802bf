import type { ShippedExample } from './model.ts'

const nobody = { customer: { kycLevel: 'NONE' } }
const enhanced = { customer: { kycLevel: 'ENHANCED' } }
const usedToday = (usdMinor: number) => ({ usage: { day: { payments: 1, usdMinor } } })
const usedThisMonth = (usdMinor: number) => ({ usage: { month: { payments: 9, usdMinor } } })
const approved = { outcome: 'APPROVE', codes: [], score: 0 } as const
const declined = (...codes: readonly string[]) => ({ outcome: 'DECLINE', codes, score: 0 }) as const

/** Each limit at its last cent and at the first one beyond, at each level; deposits count against none but that of one payment. */
export const LIMITS_EXAMPLES: readonly ShippedExample[] = [
  { input: { ...nobody, amountUsdMinor: 100_000 }, ...approved },
  { input: { ...nobody, amountUsdMinor: 100_001 }, ...declined('TRANSACTION_LIMIT', 'DAILY_LIMIT') },
  { input: { ...nobody, ...usedThisMonth(240_000), amountUsdMinor: 10_000 }, ...approved },
  { input: { ...nobody, ...usedThisMonth(240_000), amountUsdMinor: 10_001 }, ...declined('MONTHLY_LIMIT') },
  { input: { amountUsdMinor: 1 }, ...approved },
  { input: { amountUsdMinor: 5_000_000 }, ...approved },
  { input: { amountUsdMinor: 5_000_001 }, ...declined('TRANSACTION_LIMIT') },
  { input: { ...usedToday(9_000_000), amountUsdMinor: 1_000_000 }, ...approved },
  { input: { ...usedToday(9_000_000), amountUsdMinor: 1_000_001 }, ...declined('DAILY_LIMIT') },
  { input: { ...usedThisMonth(49_000_000), amountUsdMinor: 1_000_000 }, ...approved },
  { input: { ...usedThisMonth(49_000_000), amountUsdMinor: 1_000_001 }, ...declined('MONTHLY_LIMIT') },
  { input: { ...usedToday(10_000_000), kind: 'DEPOSIT', amountUsdMinor: 5_000_000 }, ...approved },
  { input: { kind: 'DEPOSIT', amountUsdMinor: 5_000_001 }, ...declined('TRANSACTION_LIMIT') },
  { input: { ...enhanced, amountUsdMinor: 100_000_000 }, ...approved },
  { input: { ...enhanced, amountUsdMinor: 100_000_001 }, ...declined('TRANSACTION_LIMIT') },
]
