import { listMember, member, textMember } from '../far-side/request-json.ts'
import type { IdentityDetails, IdentityUser, NewIdentityUser } from './identity-directory.ts'

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
/** Identity Server's own attributes: it keeps a country here. */
export const WSO2_SCHEMA = 'urn:scim:wso2:schema'

/** A user to be created, as RFC 7643 writes him; what is null is left out. */
export const newScimUser = (user: NewIdentityUser): object => ({
  schemas: [USER_SCHEMA, WSO2_SCHEMA],
  externalId: user.externalId,
  userName: user.username,
  password: user.password,
  ...attributesOf(user),
})

/**
 * Operations (RFC 7644, section 3.5.2) that bring a user to these details, whatever he has now. Lists are emptied first:
 * without a path, servers add to them.
 */
export const detailsPatch = (details: IdentityDetails): object => ({
  schemas: [PATCH_SCHEMA],
  Operations: [
    { op: 'remove', path: 'emails' },
    { op: 'remove', path: 'phoneNumbers' },
    { op: 'replace', value: attributesOf(details) },
  ],
})

export const passwordPatch = (password: string): object => ({
  schemas: [PATCH_SCHEMA],
  Operations: [{ op: 'replace', value: { password } }],
})

function attributesOf({ email, givenName, familyName, phone, country, timeZone, locale }: IdentityDetails): object {
  const name = { ...(givenName === null ? {} : { givenName }), ...(familyName === null ? {} : { familyName }) }
  return {
    ...(Object.keys(name).length === 0 ? {} : { name }),
    ...(email === null ? {} : { emails: [{ value: email, primary: true }] }),
    ...(phone === null ? {} : { phoneNumbers: [{ value: phone, type: 'mobile' }] }),
    ...(timeZone === null ? {} : { timezone: timeZone }),
    ...(locale === null ? {} : { locale }),
    ...(country === null ? {} : { [WSO2_SCHEMA]: { country } }),
  }
}

/** A user as the server answers him; null for what is none. Identity Server writes a lone e-mail as a text. */
export function readScimUser(resource: unknown): IdentityUser | null {
  const id = textMember(resource, 'id')
  const username = textMember(resource, 'userName')
  if (id === null || username === null) return null
  const name = member(resource, 'name')
  return {
    id,
    username: withoutDomain(username),
    email: chosenValue(listMember(resource, 'emails')),
    givenName: textMember(name, 'givenName'),
    familyName: textMember(name, 'familyName'),
    phone: chosenValue(listMember(resource, 'phoneNumbers')),
    country: textMember(member(resource, WSO2_SCHEMA), 'country'),
    timeZone: textMember(resource, 'timezone'),
    locale: textMember(resource, 'locale'),
    lastModified: textMember(member(resource, 'meta'), 'lastModified') ?? '',
  }
}

/** The primary value, else the first. */
function chosenValue(values: readonly unknown[]): string | null {
  const chosen = values.find((value) => member(value, 'primary') === true) ?? values[0]
  return typeof chosen === 'string' ? chosen : textMember(chosen, 'value')
}

/** Identity Server puts the user store before the name of a user who is not in the primary one. */
const withoutDomain = (username: string): string => username.slice(username.indexOf('/') + 1)
