import { invariant } from '@corridor/platform'
import type { Address, Profile } from '../domain/profile.ts'
import type { ProfileRecord } from '../entities/profile-record.ts'
import { seal, unseal } from './sealed.ts'

type SealedColumn = {
  [Column in keyof ProfileRecord]: Buffer extends NonNullable<ProfileRecord[Column]> ? Column : never
}[keyof ProfileRecord]

/** The place of a value, authenticated with it: a ciphertext that is moved to another row or column does not open. */
const placeOf = (column: string, id: string): string => `profiles\0${column}\0${id}`

export function sealColumn(key: Buffer, id: string, column: SealedColumn, text: string | null): Buffer | null {
  return text === null ? null : seal({ key, plain: Buffer.from(text), place: placeOf(column, id) })
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
  invariant(username !== null, 'every profile has a user name')
  const address = open('addressCt')
  return {
    id: record.id,
    username,
    email: open('emailCt'),
    givenName: open('givenNameCt'),
    familyName: open('familyNameCt'),
    phone: open('phoneCt'),
    address: address === null ? null : (JSON.parse(address) as Address), // Written by this subgraph alone.
    country: record.country,
    emailVerified: record.emailVerified,
    timeZone: record.timeZone,
    locale: record.locale,
    kyc: { status: record.kycStatus, level: record.kycLevel, decidedAt: record.kycDecidedAt, note: open('kycNoteCt') },
    createdAt: record.createdAt,
  }
}
