import { BLOCKED_ACCOUNTS, SANCTIONED_COUNTRIES, WATCHED_COUNTRIES } from '../domain/risk-list.ts'
import { COMPLIANCE_EXAMPLES } from './compliance.examples.ts'
import { chain, findingsTable, type ShippedRuleSet } from './model.ts'

const eitherCountryIn = (list: string): string =>
  `"${list}" in listed.destinationCountry or "${list}" in listed.customerCountry`

/** What the law demands: sanctioned and watched countries, known customers, and a second look at large amounts. */
export const COMPLIANCE: ShippedRuleSet = {
  name: 'compliance',
  description:
    'Sanctioned and watched countries, blocked accounts, identity above a threshold, screening, high values.',
  examples: COMPLIANCE_EXAMPLES,
  model: chain(
    findingsTable('checks', 'Compliance', [
      {
        when: eitherCountryIn(SANCTIONED_COUNTRIES),
        code: 'SANCTIONED_COUNTRY',
        message: 'Payments to or from this country are not possible.',
        outcome: 'DECLINE',
        points: 100,
      },
      {
        when: eitherCountryIn(WATCHED_COUNTRIES),
        code: 'WATCHED_COUNTRY',
        message: 'The country is watched.',
        points: 20,
      },
      {
        when: `"${BLOCKED_ACCOUNTS}" in listed.customer or "${BLOCKED_ACCOUNTS}" in listed.counterparty`,
        code: 'BLOCKED_ACCOUNT',
        message: 'Payments from or to this account are not possible.',
        outcome: 'DECLINE',
        points: 100,
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
        message: 'This payment needs a closer look.',
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
