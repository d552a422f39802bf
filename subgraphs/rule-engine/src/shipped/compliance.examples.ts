import { BLOCKED_ACCOUNTS, SANCTIONED_COUNTRIES, WATCHED_COUNTRIES } from '../domain/risk-list.ts'
import type { ShippedExample } from './model.ts'

const sanctioned = { outcome: 'DECLINE', codes: ['SANCTIONED_COUNTRY'], score: 100 } as const
const watched = { outcome: 'APPROVE', codes: ['WATCHED_COUNTRY'], score: 20 } as const
const blocked = { outcome: 'DECLINE', codes: ['BLOCKED_ACCOUNT'], score: 100 } as const
const approved = { outcome: 'APPROVE', codes: [], score: 0 } as const
const enhanced = { customer: { kycLevel: 'ENHANCED' } }
const unverified = { customer: { kycLevel: 'NONE' } }

/** Each rule where it begins to speak, and just before. */
export const COMPLIANCE_EXAMPLES: readonly ShippedExample[] = [
  { input: {}, ...approved },
  { input: { listed: { destinationCountry: [SANCTIONED_COUNTRIES] }, amountUsdMinor: 1 }, ...sanctioned },
  { input: { listed: { customerCountry: [SANCTIONED_COUNTRIES] }, amountUsdMinor: 1 }, ...sanctioned },
  { input: { listed: { destinationCountry: [WATCHED_COUNTRIES] }, amountUsdMinor: 1 }, ...watched },
  { input: { listed: { destinationCountry: [WATCHED_COUNTRIES] }, amountUsdMinor: 5_000_000 }, ...watched },
  { input: { ...enhanced, listed: { customerCountry: [WATCHED_COUNTRIES] }, amountUsdMinor: 10_000_000 }, ...watched },
  {
    input: { ...enhanced, listed: { customerCountry: [WATCHED_COUNTRIES] }, amountUsdMinor: 100_000_000 },
    outcome: 'REVIEW',
    codes: ['WATCHED_COUNTRY', 'HIGH_VALUE'],
    score: 30,
  },
  { input: { listed: { customer: [BLOCKED_ACCOUNTS] } }, ...blocked },
  { input: { listed: { counterparty: [BLOCKED_ACCOUNTS] } }, ...blocked },
  { input: { customer: { known: false } }, outcome: 'REVIEW', codes: ['PROFILE_UNKNOWN'], score: 0 },
  { input: { customer: { screeningMatch: true } }, outcome: 'REVIEW', codes: ['SCREENING_MATCH'], score: 30 },
  {
    input: { customer: { screeningMatch: true }, listed: { destinationCountry: [WATCHED_COUNTRIES] } },
    outcome: 'REVIEW',
    codes: ['WATCHED_COUNTRY', 'SCREENING_MATCH'],
    score: 50,
  },
  { input: { ...unverified, amountUsdMinor: 100_000 }, ...approved },
  { input: { ...unverified, amountUsdMinor: 100_001 }, outcome: 'DECLINE', codes: ['KYC_REQUIRED'], score: 0 },
  { input: { ...enhanced, amountUsdMinor: 10_000_000 }, ...approved },
  { input: { ...enhanced, amountUsdMinor: 10_000_001 }, outcome: 'REVIEW', codes: ['HIGH_VALUE'], score: 10 },
  { input: { kind: 'WITHDRAWAL', amountUsdMinor: 5_000_000 }, ...approved },
  {
    input: { kind: 'WITHDRAWAL', amountUsdMinor: 5_000_001 },
    outcome: 'DECLINE',
    codes: ['WITHDRAWAL_LIMIT'],
    score: 0,
  },
]
