import { FRAUD_EXAMPLES } from './fraud.examples.ts'
import { chain, findingsTable, type ShippedRuleSet } from './model.ts'

/** Signs that it is not the customer who pays: pace, place, size and hour. None of them stops a payment by itself. */
export const FRAUD: ShippedRuleSet = {
  name: 'fraud',
  description: 'Velocity, unusual country, amount against the customer’s average, night in his zone.',
  examples: FRAUD_EXAMPLES,
  model: chain(
    findingsTable('signs', 'Signs of fraud', [
      {
        when: 'kind != "DEPOSIT" and usage.hour.payments >= 30 and usage.hour.payments < 100',
        code: 'VELOCITY',
        message: 'Many payments within the hour.',
        points: 25,
      },
      {
        when: 'kind != "DEPOSIT" and usage.hour.payments >= 100',
        code: 'VELOCITY',
        message: 'Very many payments within the hour.',
        points: 50,
      },
      {
        when: 'destinationCountry != null and destinationCountry != customer.country and newDestination',
        code: 'UNUSUAL_COUNTRY',
        message: 'The first payment to this country.',
        points: 10,
      },
      {
        when: 'kind != "DEPOSIT" and usage.ever.payments >= 5 and amountUsdMinor * usage.ever.payments > usage.ever.usdMinor * 10 and amountUsdMinor > 100000',
        code: 'UNUSUAL_AMOUNT',
        message: 'Much more than this customer usually sends.',
        points: 30,
      },
      {
        when: 'kind != "DEPOSIT" and (localHour >= 22 or localHour < 6)',
        code: 'NIGHT',
        message: 'It is night where the customer lives.',
        points: 10,
      },
    ]),
  ),
}
