import type { Tone } from './values.tsx'

interface Word {
  readonly text: string
  readonly tone: Tone
}

/** What each state is called on the screen. */
export const PAYMENT_STATUS: Readonly<Record<string, Word>> = {
  SCHEDULED: { text: 'Scheduled', tone: 'info' },
  PENDING: { text: 'In progress', tone: 'info' },
  IN_REVIEW: { text: 'In review', tone: 'warn' },
  AUTHORIZED: { text: 'With the provider', tone: 'info' },
  COMPLETED: { text: 'Completed', tone: 'good' },
  PARTIALLY_REFUNDED: { text: 'Partly refunded', tone: 'neutral' },
  REFUNDED: { text: 'Refunded', tone: 'neutral' },
  DECLINED: { text: 'Declined', tone: 'bad' },
  FAILED: { text: 'Failed', tone: 'bad' },
  CANCELLED: { text: 'Cancelled', tone: 'neutral' },
}

export const PAYMENT_KIND: Readonly<Record<string, string>> = {
  TRANSFER: 'Transfer',
  DEPOSIT: 'Deposit',
  WITHDRAWAL: 'Withdrawal',
  PAYOUT: 'Payout',
}

export const WALLET_STATUS: Readonly<Record<string, Word>> = {
  ACTIVE: { text: 'Active', tone: 'good' },
  FROZEN: { text: 'Frozen', tone: 'warn' },
  CLOSED: { text: 'Closed', tone: 'neutral' },
}

export const KYC_STATUS: Readonly<Record<string, Word>> = {
  NOT_STARTED: { text: 'Not started', tone: 'neutral' },
  PENDING: { text: 'Being checked', tone: 'info' },
  VERIFIED: { text: 'Verified', tone: 'good' },
  REJECTED: { text: 'Rejected', tone: 'bad' },
}

export const OUTCOME: Readonly<Record<string, Word>> = {
  APPROVE: { text: 'Approved', tone: 'good' },
  REVIEW: { text: 'Sent to review', tone: 'warn' },
  DECLINE: { text: 'Declined', tone: 'bad' },
}

/** The word for a state, also for one that this release does not know. */
export const wordFor = (words: Readonly<Record<string, Word>>, state: string): Word =>
  words[state] ?? { text: plainWords(state), tone: 'neutral' }

/** "KYC_REQUIRED" as "Kyc required". */
export const plainWords = (code: string): string => {
  const text = code.toLowerCase().replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
