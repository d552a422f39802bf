import { LIMITS_EXAMPLES } from './limits.examples.ts'
import { chain, findingsTable, lookupTable, type ShippedRuleSet } from './model.ts'

const usd = (dollars: number): number => dollars * 100

/** How much a customer may send per payment, day and month, by how well we know him. */
export const LIMITS: ShippedRuleSet = {
  name: 'limits',
  description: 'Limits per payment, day and month by KYC level, in US cents at the payment’s reference rate.',
  examples: LIMITS_EXAMPLES,
  model: chain(
    lookupTable({
      id: 'levels',
      name: 'Limits by level',
      path: 'limits',
      field: 'customer.kycLevel',
      rows: [
        { match: 'ENHANCED', gives: { transaction: usd(1_000_000), day: usd(2_000_000), month: usd(10_000_000) } },
        { match: 'BASIC', gives: { transaction: usd(50_000), day: usd(100_000), month: usd(500_000) } },
        { match: null, gives: { transaction: usd(1_000), day: usd(1_000), month: usd(2_500) } },
      ],
    }),
    findingsTable('checks', 'Within the limits', [
      {
        when: 'amountUsdMinor > limits.transaction',
        code: 'TRANSACTION_LIMIT',
        message: 'The amount is above the limit for one payment.',
        outcome: 'DECLINE',
      },
      {
        when: 'kind != "DEPOSIT" and usage.day.usdMinor + amountUsdMinor > limits.day',
        code: 'DAILY_LIMIT',
        message: 'With this payment the limit of the day would be exceeded.',
        outcome: 'DECLINE',
      },
      {
        when: 'kind != "DEPOSIT" and usage.month.usdMinor + amountUsdMinor > limits.month',
        code: 'MONTHLY_LIMIT',
        message: 'With this payment the limit of the month would be exceeded.',
        outcome: 'DECLINE',
      },
    ]),
  ),
}
