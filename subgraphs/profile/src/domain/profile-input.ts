import { accept, type Result, refuse } from '@corridor/platform'
import { isCountry } from './country.ts'
import type { Address } from './profile.ts'

/** What may be changed of a profile: absent is left as it is, null takes away what may be absent. */
export interface ProfileChange {
  readonly email?: string
  readonly givenName?: string
  readonly familyName?: string
  readonly phone?: string | null
  readonly address?: Address | null
  readonly timeZone?: string
  readonly locale?: string
}

/** What a new customer says of himself, his password left out. */
export interface Registration {
  readonly username: string
  readonly email: string
  readonly givenName: string
  readonly familyName: string
  readonly phone: string | null
  readonly address: Address | null
}

/** Identity Server's bounds of a user name, narrowed to letters, digits, `_` and `-`. */
const USERNAME = /^[A-Za-z0-9_-]{3,50}$/
/** What mail servers take: RFC 5321 bounds it to 254 characters, and an atom is enough of RFC 5322 for a person. */
const EMAIL =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/
const MAX_EMAIL_LENGTH = 254
/** ITU-T E.164: a plus, a country code, at most 15 digits. */
const PHONE = /^\+[1-9]\d{6,14}$/
const MAX_NAME_LENGTH = 100
const MAX_TIME_ZONE_LENGTH = 64
const MAX_LOCALE_LENGTH = 35
const ADDRESS_BOUNDS = { street: 200, city: 100, region: 100, postalCode: 20 } as const
/** No line breaks, no terminal codes: what is written here is shown to people. */
const CONTROL = /\p{Cc}/u

const wrong = (field: string, message: string) =>
  refuse('BAD_USER_INPUT', `input.${field} ${message}`, `input.${field}`)

/** Holds a registration to its bounds; texts come out trimmed. The first field that is wrong is the answer. */
export function checkRegistration(input: Registration): Result<Registration> {
  if (!USERNAME.test(input.username)) return wrong('username', 'has 3 to 50 letters, digits, _ or -.')
  const { username, email, givenName, familyName, phone, address } = input
  const details = checkChange({ email, givenName, familyName, phone, address })
  if (!details.ok) return details
  return accept({ username, email, givenName, familyName, phone, address, ...details.value })
}

/** Holds the fields that are given to their bounds. */
export function checkChange(change: ProfileChange): Result<ProfileChange> {
  const trimmed = { ...change }
  for (const name of ['givenName', 'familyName'] as const) {
    const text = change[name]?.trim()
    if (text === undefined) continue
    if (!isText(text, MAX_NAME_LENGTH)) return wrong(name, `has 1 to ${MAX_NAME_LENGTH} characters.`)
    trimmed[name] = text
  }
  const { email, phone, timeZone, locale } = change
  if (email !== undefined && !(email.length <= MAX_EMAIL_LENGTH && EMAIL.test(email))) {
    return wrong('email', 'is not an e-mail address.')
  }
  if (phone != null && !PHONE.test(phone)) return wrong('phone', 'is not a phone number of E.164: +14155550123.')
  if (timeZone !== undefined && !isTimeZone(timeZone)) return wrong('timeZone', 'is no time zone of IANA.')
  if (locale !== undefined && !isLocale(locale)) return wrong('locale', 'is no language tag of BCP 47.')
  if (change.address == null) return accept(trimmed)
  const address = checkAddress(change.address)
  return address.ok ? accept({ ...trimmed, address: address.value }) : address
}

function checkAddress(address: Address): Result<Address> {
  const trimmed = { ...address, street: '', city: '', region: null as string | null, postalCode: '' }
  for (const name of ['street', 'city', 'region', 'postalCode'] as const) {
    const text = address[name]?.trim() ?? null
    if (name === 'region' && text === null) continue
    if (text === null || !isText(text, ADDRESS_BOUNDS[name])) {
      return wrong(`address.${name}`, `has 1 to ${ADDRESS_BOUNDS[name]} characters.`)
    }
    trimmed[name] = text
  }
  return isCountry(address.country) ? accept(trimmed) : wrong('address.country', 'is not a country of ISO 3166-1.')
}

const isText = (text: string, max: number): boolean => text.length > 0 && text.length <= max && !CONTROL.test(text)

/** Whether the runtime's time zone database has a zone of this name. */
export function isTimeZone(name: string): boolean {
  if (name.length > MAX_TIME_ZONE_LENGTH || !/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0
  } catch {
    // An unknown zone is an answer here, not an error.
    return false
  }
}

export function isLocale(tag: string): boolean {
  if (tag.length > MAX_LOCALE_LENGTH) return false
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    // Nor is an ill-formed tag.
    return false
  }
}
