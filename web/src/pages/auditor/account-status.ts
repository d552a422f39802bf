export const ACCOUNT_STATUS = {
  OPEN: { text: 'Open', tone: 'good' },
  FROZEN: { text: 'Frozen', tone: 'warn' },
  CLOSED: { text: 'Closed', tone: 'neutral' },
} as const

export const TRANSFER_STATE = {
  POSTED: { text: 'Posted', tone: 'good' },
  PENDING: { text: 'On hold', tone: 'info' },
  VOIDED: { text: 'Given back', tone: 'neutral' },
  EXPIRED: { text: 'Expired', tone: 'neutral' },
} as const
