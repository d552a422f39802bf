import { accept, type IdentityClaims, invariant, type Result, sqlOf } from '@corridor/platform'
import { isCountry } from '../domain/country.ts'
import type { Profile } from '../domain/profile.ts'
import { isLocale, isTimeZone, type Registration } from '../domain/profile-input.ts'
import { ProfileRecord } from '../entities/profile-record.ts'
import { sealPersonalData } from '../privacy/profile-cipher.ts'
import { audit } from './audit-log.ts'
import { requestVerification } from './email-verification.ts'
import { announce, type ProfileStore } from './profile-store.ts'
import { fullNameOf, type NameScreening, setScreening } from './screening.ts'
import { inTransaction } from './transaction.ts'

/** Who a token says that its user is. */
export interface IdentifiedUser {
  readonly subject: string
  readonly username: string | null
  readonly claims: IdentityClaims | null
}

interface NewProfile {
  readonly id: string
  readonly registration: Omit<Registration, 'email' | 'givenName' | 'familyName'> &
    Pick<Profile, 'email' | 'givenName' | 'familyName'>
  readonly country: string | null
  readonly timeZone: string
  readonly locale: string
  /** Whether he is asked at once to prove his e-mail address. */
  readonly verify: boolean
  readonly action: string
}

const DEFAULT_LOCALE = 'en-US'
const DEFAULT_TIME_ZONE = 'UTC'

/** The profile of a user who was just registered. */
export const registeredProfile = (id: string, registration: Registration): NewProfile => ({
  ...{ id, registration, country: registration.address?.country ?? null },
  ...{ timeZone: DEFAULT_TIME_ZONE, locale: DEFAULT_LOCALE },
  ...{ verify: true, action: 'profile.registered' },
})

/** The profile of a user whose token is seen for the first time; what a claim holds that is nonsense is left out. */
export function seenProfile({ subject, username, claims }: IdentifiedUser): NewProfile {
  const { email = null, givenName = null, familyName = null, country, timeZone, locale } = claims ?? {}
  return {
    id: subject,
    registration: { username: username ?? subject, email, givenName, familyName, phone: null, address: null },
    country: country && isCountry(country) ? country : null,
    timeZone: timeZone && isTimeZone(timeZone) ? timeZone : DEFAULT_TIME_ZONE,
    locale: locale && isLocale(locale) ? locale : DEFAULT_LOCALE,
    ...{ verify: false, action: 'profile.created' },
  }
}

/** Makes a profile with its key, screened; one that is there already is answered as it is. */
export async function makeProfile(
  { store, screening }: { store: ProfileStore; screening: NameScreening },
  { id, registration, country, timeZone, locale, verify, action }: NewProfile,
): Promise<Profile> {
  const { keys, index, clock } = store.deps
  const key = await keys.ensure(id)
  const screened = await screening.screen(fullNameOf(registration))
  const made = await inTransaction(store.deps, async (tx): Promise<Result<true>> => {
    const sql = sqlOf(tx)
    const now = clock.now()
    // Of two first sights at once the second waits here, and then finds what the first has made.
    await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [id])
    if ((await tx.count(ProfileRecord, { id })) > 0) return accept(true)
    const record = tx.create(ProfileRecord, {
      ...emptyRecord(),
      ...sealPersonalData({ key, id, index }, registration),
      ...{ id, country, timeZone, locale, createdAt: now, updatedAt: now },
    })
    setScreening(record, screened)
    await tx.flush()
    await audit(sql, [{ actor: id, subject: id, action }], now)
    const request = verify ? [await requestVerification(sql, id, now)] : []
    await announce(sql, record, [{ type: 'profile.created' }, ...request])
    return accept(true)
  })
  invariant(made.ok, 'making a profile is not refused')
  const profile = await store.profile(id)
  invariant(profile, 'a profile that was just made is there')
  return profile
}

const emptyRecord = () => ({
  ...{ usernameCt: null, usernameIndex: null, emailCt: null, emailIndex: null, givenNameCt: null, familyNameCt: null },
  ...{ phoneCt: null, phoneIndex: null, addressCt: null, emailVerified: false },
  ...{ kycStatus: 'NOT_STARTED' as const, kycLevel: null, kycDecidedAt: null, kycDecidedBy: null, kycNoteCt: null },
  ...{ screeningMatch: null, screeningScore: null, screeningListVersion: null, erasedAt: null, version: 1n },
})
