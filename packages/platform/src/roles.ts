const READS = ['forex:read', 'ledger:read', 'payments:read', 'limits:read', 'wallets:read', 'webhooks:read'] as const

const USER = [...READS, 'forex:quote', 'payments:write', 'webhooks:write', 'profile:write', 'wallets:write'] as const

const OPS_USERS = [...READS, 'payments:review', 'profile:admin', 'wallets:admin', 'rules:read'] as const

const FINANCE = [...READS, 'forex:admin', 'forex:exposure', 'ledger:audit', 'payments:review'] as const

const AUDITOR = [...READS, 'ledger:audit', 'audit:read', 'rules:read', 'forex:exposure'] as const

/** No other role may change the rules, so that no one who is bound by them writes them. */
const ADMIN_ONLY = ['rules:write'] as const

/**
 * What each role may ask for: the one place that says so. The development identity and the provisioning of Identity
 * Server both read it. A token carries what was asked for and the user's roles have.
 */
export const ROLE_SCOPES = {
  user: USER,
  ops_users: OPS_USERS,
  finance: FINANCE,
  auditor: AUDITOR,
  app_admin: [...new Set([...USER, ...OPS_USERS, ...FINANCE, ...AUDITOR, ...ADMIN_ONLY])],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type Role = keyof typeof ROLE_SCOPES
