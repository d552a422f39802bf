import type { ShippedExample } from './model.ts'

const approved = { outcome: 'APPROVE', codes: [], score: 0 } as const
const found = (code: string, score: number) => ({ outcome: 'APPROVE', codes: [code], score }) as const
const withinTheHour = (payments: number) => ({ usage: { hour: { payments, usdMinor: 100 } } })
const abroad = { destinationCountry: 'IN', newDestination: true }
/** Five payments of 20,000 cents on average. */
const usually = { usage: { ever: { payments: 5, usdMinor: 100_000 } } }

/** Each sign where it begins to show, and just before; then together, at a score of exactly 50 and of exactly 75. */
export const FRAUD_EXAMPLES: readonly ShippedExample[] = [
  { input: {}, ...approved },
  { input: withinTheHour(29), ...approved },
  { input: withinTheHour(30), ...found('VELOCITY', 25) },
  { input: withinTheHour(99), ...found('VELOCITY', 25) },
  { input: withinTheHour(100), outcome: 'REVIEW', codes: ['VELOCITY'], score: 50 },
  { input: { ...withinTheHour(100), kind: 'DEPOSIT' }, ...approved },
  { input: abroad, ...found('UNUSUAL_COUNTRY', 10) },
  { input: { ...abroad, newDestination: false }, ...approved },
  { input: { destinationCountry: null, newDestination: false }, ...approved },
  { input: { ...usually, amountUsdMinor: 200_000 }, ...approved },
  { input: { ...usually, amountUsdMinor: 200_001 }, ...found('UNUSUAL_AMOUNT', 30) },
  { input: { usage: { ever: { payments: 4, usdMinor: 80_000 } }, amountUsdMinor: 200_001 }, ...approved },
  { input: { usage: { ever: { payments: 5, usdMinor: 500 } }, amountUsdMinor: 100_000 }, ...approved },
  {
    input: { usage: { ever: { payments: 5, usdMinor: 500 } }, amountUsdMinor: 100_001 },
    ...found('UNUSUAL_AMOUNT', 30),
  },
  { input: { localHour: 21 }, ...approved },
  { input: { localHour: 22 }, ...found('NIGHT', 10) },
  { input: { localHour: 0 }, ...found('NIGHT', 10) },
  { input: { localHour: 5 }, ...found('NIGHT', 10) },
  { input: { localHour: 6 }, ...approved },
  { input: { localHour: 23, kind: 'DEPOSIT' }, ...approved },
  {
    input: {
      ...abroad,
      usage: { ...usually.usage, ...withinTheHour(30).usage },
      amountUsdMinor: 200_001,
      localHour: 22,
    },
    outcome: 'DECLINE',
    codes: ['VELOCITY', 'UNUSUAL_COUNTRY', 'UNUSUAL_AMOUNT', 'NIGHT'],
    score: 75,
  },
  {
    input: { ...abroad, usage: usually.usage, amountUsdMinor: 200_001, localHour: 22 },
    outcome: 'REVIEW',
    codes: ['UNUSUAL_COUNTRY', 'UNUSUAL_AMOUNT', 'NIGHT'],
    score: 50,
  },
]
