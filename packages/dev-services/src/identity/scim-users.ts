import SCIMMY from 'scimmy'
import { type User, type UserDetails, UsernameTaken, type UserStore } from './user-store.ts'

const NAME = /^\S{3,255}$/
const MIN_PASSWORD_LENGTH = 8
const MAX_PASSWORD_LENGTH = 30
/** With which Identity Server 7.1 is delivered, as its length bounds are. */
const PASSWORD_NEEDS = [/\d/, /[A-Z]/, /[a-z]/]

/** Identity Server's own attributes. A country is kept here and not in `addresses`, which it keeps apart. */
const WSO2_SCHEMA = 'urn:scim:wso2:schema'

type ScimUser = InstanceType<typeof SCIMMY.Schemas.User> & { [WSO2_SCHEMA]?: { country?: string } }

/** Whose users a request is about. SCIMMY's handlers are one set per process: what differs travels with each call. */
export interface ScimUsers {
  readonly users: UserStore
  /** The role of a new user. */
  readonly role: string
}

class Wso2User extends SCIMMY.Types.Schema {
  static readonly #definition = wso2Definition()

  static override get definition() {
    return Wso2User.#definition
  }
}

/** SCIMMY takes only URNs of the IETF at construction, and Identity Server's is not one: it is named afterwards. */
function wso2Definition() {
  const country = new SCIMMY.Types.Attribute('string', 'country', { description: 'ISO 3166-1 alpha-2.' })
  const urn = 'urn:ietf:params:scim:schemas:extension:wso2:User'
  const definition = new SCIMMY.Types.SchemaDefinition('Wso2User', urn, 'WSO2 User', [country])
  return Object.assign(definition, { id: WSO2_SCHEMA })
}

let defined = false

/** Tells SCIMMY, whose definitions are one set per process, how users are written, read and removed. */
export function defineScimUsers(): void {
  if (defined) return
  defined = true
  SCIMMY.Resources.User.extend(Wso2User)
  SCIMMY.Resources.User.basepath('/scim2')
  SCIMMY.Resources.User.ingress((resource, given, context: ScimUsers) => write(resource.id, given, context))
  SCIMMY.Resources.User.egress((resource, context: ScimUsers) => {
    if (resource.id !== undefined) return toScim(context.users.byId(resource.id) ?? refuseUnknown(resource.id))
    const all = context.users.all().map(toScim)
    return (resource.filter?.match(all) ?? all) as ScimUser[] // The filter gives back what it was given, or less.
  })
  SCIMMY.Resources.User.degress(async (resource, { users }: ScimUsers) => {
    const id = resource.id ?? ''
    if (!(await users.delete(id))) refuseUnknown(id)
  })
}

async function write(id: string | undefined, given: ScimUser, { users, role }: ScimUsers): Promise<ScimUser> {
  const details = detailsOf(given)
  const password = judgedPassword(given.password)
  try {
    if (id !== undefined) return toScim((await users.replace(id, details, password)) ?? refuseUnknown(id))
    if (password === undefined) throw new SCIMMY.Types.Error(400, 'invalidValue', 'A password is required.')
    return toScim(await users.create(details, { password, roles: [role] }))
  } catch (error) {
    if (error instanceof UsernameTaken) throw new SCIMMY.Types.Error(409, 'uniqueness', 'This user name is taken.')
    throw error
  }
}

function detailsOf(given: ScimUser): UserDetails {
  if (!NAME.test(given.userName)) {
    throw new SCIMMY.Types.Error(400, 'invalidValue', 'A user name has 3 to 255 characters and no blanks.')
  }
  const optional = {
    externalId: given.externalId,
    displayName: given.displayName,
    givenName: given.name?.givenName,
    familyName: given.name?.familyName,
    email: (given.emails?.find(({ primary }) => primary) ?? given.emails?.[0])?.value,
    phone: given.phoneNumbers?.[0]?.value,
    country: given[WSO2_SCHEMA]?.country,
    timeZone: given.timezone,
    locale: given.locale,
  }
  const present = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return { username: given.userName, active: given.active ?? true, ...present }
}

function judgedPassword(password: string | undefined): string | undefined {
  if (password === undefined) return undefined
  const fits = password.length >= MIN_PASSWORD_LENGTH && password.length <= MAX_PASSWORD_LENGTH
  if (fits && PASSWORD_NEEDS.every((needed) => needed.test(password))) return password
  throw new SCIMMY.Types.Error(
    400,
    'invalidValue',
    `A password has ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters, with a digit, an upper and a lower case letter.`,
  )
}

function toScim(user: User): ScimUser {
  const shown = {
    id: user.id,
    externalId: user.externalId,
    userName: user.username,
    displayName: user.displayName,
    name: named(user),
    emails: user.email === undefined ? undefined : [{ value: user.email, primary: true }],
    phoneNumbers: user.phone === undefined ? undefined : [{ value: user.phone, type: 'mobile' }],
    [WSO2_SCHEMA]: user.country === undefined ? undefined : { country: user.country },
    timezone: user.timeZone,
    locale: user.locale,
    active: user.active,
    roles: user.roles.map((value) => ({ value, display: value })),
    meta: { created: user.createdAt, lastModified: user.updatedAt },
  }
  const present = Object.entries(shown).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present) as unknown as ScimUser // SCIMMY makes its own schema instance of these members.
}

function named({ givenName, familyName }: User): object | undefined {
  if (givenName === undefined && familyName === undefined) return undefined
  return { ...(givenName === undefined ? {} : { givenName }), ...(familyName === undefined ? {} : { familyName }) }
}

function refuseUnknown(id: string): never {
  throw new SCIMMY.Types.Error(404, '', `Resource ${id} not found`)
}
