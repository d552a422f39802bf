import { chain, findingsTable } from './model.ts'

const SANCTIONED = '["IR", "KP", "SY"]'
const WATCHED = '["RU", "CN", "VE"]'

/** What the law demands: sanctioned and watched countries, known customers, and a second look at large amounts. */
export const COMPLIANCE = {
  name: 'compliance',
  description: 'Sanctioned and watched countries, identity above a threshold, screening, and high values.',
  model: chain(
    findingsTable('checks', 'Compliance', [
      {
        when: `destinationCountry in ${SANCTIONED} or customer.country in ${SANCTIONED}`,
        code: 'SANCTIONED_COUNTRY',
        message: 'Payments to or from this country are not possible.',
        outcome: 'DECLINE',
        points: 100,
      },
      {
        when: `destinationCountry in ${WATCHED} or customer.country in ${WATCHED}`,
        code: 'WATCHED_COUNTRY',
        message: 'The country is watched.',
        points: 20,
      },
      {
        when: 'not customer.known',
        code: 'PROFILE_UNKNOWN',
        message: 'Nothing is known of the customer yet.',
        outcome: 'REVIEW',
      },
      {
        when: 'customer.screeningMatch',
        code: 'SCREENING_MATCH',
        message: 'The customer may be on a list.',
        outcome: 'REVIEW',
        points: 30,
      },
      {
        when: 'customer.kycLevel == "NONE" and amountUsdMinor > 100000',
        code: 'KYC_REQUIRED',
        message: 'This amount needs a verified identity.',
        outcome: 'DECLINE',
      },
      {
        when: 'amountUsdMinor > 10000000',
        code: 'HIGH_VALUE',
        message: 'Amounts this high are looked at by a person.',
        outcome: 'REVIEW',
        points: 10,
      },
      {
        when: 'kind == "WITHDRAWAL" and amountUsdMinor > 5000000',
        code: 'WITHDRAWAL_LIMIT',
        message: 'Withdrawals this high are not possible.',
        outcome: 'DECLINE',
      },
    ]),
  ),
}
