import type { Profile } from '../domain/profile.ts'
import type { ProfileChange } from '../domain/profile-input.ts'
import type { BlindIndex } from '../privacy/blind-index.ts'
import { openProfile, sealPersonalData } from '../privacy/profile-cipher.ts'
import { audit } from './audit-log.ts'
import { requestVerification } from './email-verification.ts'
import type { Announcement, Changing } from './profile-store.ts'
import { fullNameOf, type NameScreening, setScreening } from './screening.ts'

export type Details = ProfileChange & { readonly username?: string; readonly country?: string | null }

const PERSONAL = ['username', 'email', 'givenName', 'familyName', 'phone', 'address'] as const
const PLAIN = ['country', 'timeZone', 'locale'] as const

/**
 * Writes those details that differ from what is there, in the transaction of `changing`: a new name is screened, a new
 * e-mail address is to be proved, every field is in the audit log by its name. Answers what to tell; nothing where nothing
 * differs.
 */
export async function changeDetails(
  {
    changing,
    index,
    screening,
    actor,
  }: { changing: Changing; index: BlindIndex; screening: NameScreening; actor: string },
  details: Details,
): Promise<readonly Announcement[]> {
  const { sql, record, key, now } = changing
  const before = openProfile(record, key)
  const after: Profile = { ...before, ...without(details) }
  const changed = [...PERSONAL, ...PLAIN].filter((field) => !same(before[field], after[field]))
  if (changed.length === 0) return []

  const personal = Object.fromEntries(PERSONAL.filter((field) => changed.includes(field)).map((f) => [f, after[f]]))
  Object.assign(record, sealPersonalData({ key, id: record.id, index }, personal))
  for (const field of PLAIN) if (changed.includes(field)) Object.assign(record, { [field]: after[field] })
  if (changed.includes('givenName') || changed.includes('familyName')) {
    setScreening(record, await screening.screen(fullNameOf(after)))
  }
  await audit(sql, [{ actor, subject: record.id, action: 'profile.updated', fields: changed }], now)
  const updated = { type: 'profile.updated' }
  if (!changed.includes('email')) return [updated]
  record.emailVerified = false
  return after.email === null ? [updated] : [updated, await requestVerification(sql, record.id, now)]
}

const without = (details: Details): Partial<Profile> =>
  Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined))

/** Addresses are compared by what they hold. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
