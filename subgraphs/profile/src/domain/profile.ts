export type KycStatus = 'NOT_STARTED' | 'PENDING' | 'VERIFIED' | 'REJECTED'
export type KycLevel = 'BASIC' | 'ENHANCED'

export interface Address {
  readonly street: string
  readonly city: string
  readonly region: string | null
  readonly postalCode: string
  readonly country: string
}

/** A customer's record, readable. Personal data leaves this subgraph only to whom it belongs, and to staff. */
export interface Profile {
  readonly id: string
  readonly username: string
  readonly email: string | null
  readonly givenName: string | null
  readonly familyName: string | null
  readonly phone: string | null
  readonly address: Address | null
  readonly country: string | null
  readonly emailVerified: boolean
  readonly timeZone: string
  readonly locale: string
  readonly kyc: {
    readonly status: KycStatus
    readonly level: KycLevel | null
    readonly decidedAt: Date | null
    readonly note: string | null
  }
  readonly createdAt: Date
  /** Since when nothing personal is left. */
  readonly erasedAt: Date | null
}

/** What an erased customer is called. */
export const FORMER_CUSTOMER = 'Former customer'

/** As much of a person as the other side of a payment may see: "Ada L." */
export function displayNameOf({
  givenName,
  familyName,
  username,
  erasedAt,
}: Pick<Profile, 'givenName' | 'familyName' | 'username' | 'erasedAt'>): string {
  if (erasedAt) return FORMER_CUSTOMER
  if (!givenName) return username
  const [initial] = [...(familyName ?? '')]
  return initial ? `${givenName} ${initial}.` : givenName
}
