import { invariant } from '@corridor/platform'
import type { Address, Profile } from '../domain/profile.ts'
import type { ProfileRecord } from '../entities/profile-record.ts'
import type { BlindIndex } from './blind-index.ts'
import { seal, unseal } from './sealed.ts'

type SealedColumn = {
  [Column in keyof ProfileRecord]: Column extends `${string}Ct` ? Column : never
}[keyof ProfileRecord]

/** What of a profile is personal, and may be written. */
export type PersonalData = Partial<
  Pick<Profile, 'username' | 'email' | 'givenName' | 'familyName' | 'phone' | 'address'>
>

/** The place of a value, authenticated with it: a ciphertext that is moved to another row or column does not open. */
const placeOf = (column: string, id: string): string => `profiles\0${column}\0${id}`

export function sealColumn(key: Buffer, id: string, column: SealedColumn, text: string | null): Buffer | null {
  return text === null ? null : seal({ key, plain: Buffer.from(text), place: placeOf(column, id) })
}

/** The columns, indexes included, of what is given; what is absent is left out. */
export function sealPersonalData(
  { key, id, index }: { key: Buffer; id: string; index: BlindIndex },
  data: PersonalData,
): Partial<ProfileRecord> {
  const { username, email, givenName, familyName, phone, address } = data
  const sealed = (column: SealedColumn, text: string | null) => sealColumn(key, id, column, text)
  const indexed = (field: 'email' | 'phone', text: string | null) => (text === null ? null : index.of(field, text))
  return {
    ...(username === undefined
      ? {}
      : { usernameCt: sealed('usernameCt', username), usernameIndex: index.of('username', username) }),
    ...(email === undefined ? {} : { emailCt: sealed('emailCt', email), emailIndex: indexed('email', email) }),
    ...(givenName === undefined ? {} : { givenNameCt: sealed('givenNameCt', givenName) }),
    ...(familyName === undefined ? {} : { familyNameCt: sealed('familyNameCt', familyName) }),
    ...(phone === undefined ? {} : { phoneCt: sealed('phoneCt', phone), phoneIndex: indexed('phone', phone) }),
    ...(address === undefined ? {} : { addressCt: sealed('addressCt', address && JSON.stringify(address)) }),
  }
}

/** Opens a record. */
export function openProfile(record: ProfileRecord, key: Buffer): Profile {
  const open = (column: SealedColumn): string | null => {
    const sealed = record[column]
    return sealed === null
      ? null
      : unseal({ key, sealed: Buffer.from(sealed), place: placeOf(column, record.id) }).toString()
  }
  const username = open('usernameCt')
  invariant(username !== null, 'every profile that is not erased has a user name')
  const address = open('addressCt')
  return {
    ...openErased(record),
    username,
    email: open('emailCt'),
    givenName: open('givenNameCt'),
    familyName: open('familyNameCt'),
    phone: open('phoneCt'),
    address: address === null ? null : (JSON.parse(address) as Address), // Written by this subgraph alone.
    kyc: { status: record.kycStatus, level: record.kycLevel, decidedAt: record.kycDecidedAt, note: open('kycNoteCt') },
  }
}

/** What is left of an erased customer: his id for a name, and what was decided of him. */
export const openErased = (record: ProfileRecord): Profile => ({
  id: record.id,
  username: record.id,
  email: null,
  givenName: null,
  familyName: null,
  phone: null,
  address: null,
  country: record.country,
  emailVerified: record.emailVerified,
  timeZone: record.timeZone,
  locale: record.locale,
  kyc: { status: record.kycStatus, level: record.kycLevel, decidedAt: record.kycDecidedAt, note: null },
  createdAt: record.createdAt,
  erasedAt: record.erasedAt,
})
