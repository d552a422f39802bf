/** A user who is there from the first start. */
export interface SeedUser {
  /** A UUID: the subject of his tokens, and the id of his profile. */
  readonly id: string
  readonly username: string
  readonly password: string
  readonly givenName: string
  readonly familyName: string
  readonly email: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  /** A name of the IANA time zone database. */
  readonly timeZone: string
  readonly locale: string
  readonly roles: readonly string[]
}

const NEW_YORK = { country: 'US', timeZone: 'America/New_York', locale: 'en-US' } as const

/** The users of a development platform. Passwords equal user names: nothing here is ever loaded in production. */
export const SEED_USERS: readonly SeedUser[] = [
  {
    ...named('customer1', '001', 'Ada', 'Lovelace'),
    ...NEW_YORK,
    roles: ['user'],
  },
  {
    ...named('customer2', '002', 'Ravi', 'Iyer'),
    country: 'IN',
    timeZone: 'Asia/Kolkata',
    locale: 'en-IN',
    roles: ['user'],
  },
  { ...named('customer3', '003', 'Grace', 'Okafor'), ...NEW_YORK, roles: ['user'] },
  { ...named('ops', '011', 'Olivia', 'Marsh'), ...NEW_YORK, roles: ['ops_users'] },
  { ...named('finance', '012', 'Felix', 'Brandt'), ...NEW_YORK, roles: ['finance'] },
  { ...named('auditor', '013', 'Aiko', 'Tanaka'), ...NEW_YORK, roles: ['auditor'] },
  { ...named('admin', '014', 'Amara', 'Diallo'), ...NEW_YORK, roles: ['app_admin'] },
]

function named(username: string, ending: string, givenName: string, familyName: string) {
  return {
    id: `00000000-0000-4000-8000-000000000${ending}`,
    username,
    password: username,
    givenName,
    familyName,
    email: `${username}@example.com`,
  }
}
