import { ANONYMOUS, uuidv7 } from '@corridor/platform'
import type { SubgraphContext } from '@corridor/subgraph'
import { codesOf, dataOf, run, startTestIdentity } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IdentityDirectory } from '../src/identity/identity-directory.ts'
import { createProfileSubgraph, scimDirectory } from '../src/index.ts'
import { CANARY, customer, type StartedProfile, startProfile } from './started-profile.ts'

let started: StartedProfile

beforeAll(async () => {
  started = await startProfile()
})
afterAll(() => started.close())

const anybody: SubgraphContext = { issuer: 'router', caller: ANONYMOUS }
const FIELDS = `id username email givenName familyName phone address { street city region postalCode country } country
  emailVerified timeZone locale syncPending kyc { status level } beneficiaries { id }`
const REGISTER = `mutation ($input: RegisterProfileInput!) { registerProfile(input: $input) { ${FIELDS} } }`
const ADDRESS = { street: '1 Rue de la Paix', city: 'Paris', region: null, postalCode: '75002', country: 'FR' }

const registration = (changes: object = {}) => ({
  ...{ username: `ada_${uuidv7().slice(-12)}`, email: `ada@${CANARY.toLowerCase()}.example`, password: 'Corr3ctHorse' },
  ...{ givenName: 'Ada', familyName: CANARY, phone: '+33155550123', address: ADDRESS },
  ...changes,
})
type Registered = { id: string; username: string }
const register = async (input: object, { subgraph } = started): Promise<Registered> =>
  (await dataOf<{ registerProfile: Registered }>(subgraph.schema, anybody, REGISTER, { input })).registerProfile
const refusalOf = async (input: object) => {
  const { errors } = await run(started.subgraph.schema, anybody, REGISTER, { input })
  return errors?.map(({ originalError }) => (originalError as { refusal?: object }).refusal)
}
const directory = (): IdentityDirectory => started.deps.directory

describe('a registration', () => {
  it('makes a user and a profile under one id, and shows what was given', async () => {
    const { password, ...given } = registration()
    const profile = await register({ ...given, password })
    expect(profile).toMatchObject({
      ...given,
      ...{ country: 'FR', emailVerified: false, syncPending: false, beneficiaries: [] },
      kyc: { status: 'NOT_STARTED', level: null },
    })
    const { username, email, givenName, familyName, phone } = given
    expect(await directory().find(profile.id)).toMatchObject({
      username,
      email,
      givenName,
      familyName,
      phone,
      country: 'FR',
    })
    expect(await directory().hasPassword(username, password)).toBe(true)
    const own = customer(profile.id)
    expect(await dataOf(started.subgraph.schema, own, `{ me { ${FIELDS} } }`)).toEqual({ me: profile })
  })

  it('is told without anything personal, and asks for a mail by an id', async () => {
    const { id } = await register(registration())
    const events = await started.rows('select type, data from event_queue where key = $1 order by sequence', [id])
    expect(events.map(({ type }) => type)).toEqual(['profile.created', 'profile.email_verification_requested'])
    expect(JSON.stringify(events)).not.toMatch(new RegExp(`${CANARY}|ada_|\\+33`, 'i'))
    expect(await started.rows('select actor, action from audit_log where subject = $1', [id])).toEqual([
      { actor: id, action: 'profile.registered' },
    ])
  })

  it.each([
    ['a user name of two letters', { username: 'ad' }, 'username'],
    ['a user name of 51 letters', { username: 'a'.repeat(51) }, 'username'],
    ['a user name with a blank', { username: 'ada lovelace' }, 'username'],
    ['a user name with an @', { username: 'ada@example.com' }, 'username'],
    ['an e-mail address without a domain', { email: 'ada@' }, 'email'],
    ['an e-mail address with a line break', { email: 'ada@example.com\nBcc: x@example.com' }, 'email'],
    ['no given name', { givenName: ' ' }, 'givenName'],
    ['a family name with a control character', { familyName: 'a\u0007b' }, 'familyName'],
    ['a family name of 101 letters', { familyName: 'x'.repeat(101) }, 'familyName'],
    ['a phone number without a country', { phone: '0155550123' }, 'phone'],
    ['a phone number of 16 digits', { phone: '+1234567890123456' }, 'phone'],
    ['a street too long', { address: { ...ADDRESS, street: 'x'.repeat(201) } }, 'address.street'],
    ['no city', { address: { ...ADDRESS, city: '' } }, 'address.city'],
    ['an empty region', { address: { ...ADDRESS, region: ' ' } }, 'address.region'],
    ['a postal code too long', { address: { ...ADDRESS, postalCode: '1'.repeat(21) } }, 'address.postalCode'],
    ['a country that is none', { address: { ...ADDRESS, country: 'QQ' } }, 'address.country'],
  ])('is refused with %s', async (_what, changes, field) => {
    expect(await refusalOf(registration(changes))).toMatchObject([{ code: 'BAD_USER_INPUT', field: `input.${field}` }])
  })

  it.each([
    ['Sh0rtes', 'The minimum length of password should be 8.'],
    [`A1${'a'.repeat(29)}`, 'The maximum length of password can be 30'],
    ['NoDigitsHere', 'The password should contain at least 1 digits.'],
    ['n0uppercase', 'The password should contain at least 1 upper case characters.'],
    ['N0LOWERCASE', 'The password should contain at least 1 lower case characters.'],
  ])('is refused with the password %s, in Identity Server’s words', async (password, message) => {
    const refused = { code: 'BAD_USER_INPUT', field: 'input.password', message }
    expect(await refusalOf(registration({ password }))).toMatchObject([refused])
  })

  it('is refused with a name that is taken, in any case of letters', async () => {
    const input = registration()
    await register(input)
    const refused = { code: 'CONFLICT', field: 'input.username' }
    expect(await refusalOf(registration({ username: input.username }))).toMatchObject([refused])
    expect(await refusalOf(registration({ username: input.username.toUpperCase() }))).toMatchObject([refused])
  })
})

describe('a registration without an answer of the identity server', () => {
  /** Does what it is asked to, and then says that it did not hear. */
  const deaf = (): IdentityDirectory => ({
    ...directory(),
    async create(user) {
      await directory().create(user)
      const away = scimDirectory({
        ...started.identity.access,
        scimUrl: 'http://127.0.0.1:1/scim2',
        clock: started.deps.clock,
      })
      return await away.create(user)
    },
  })

  it('fails, leaves no user behind, and can be tried again', async () => {
    const subgraph = await createProfileSubgraph({ ...started.deps, directory: deaf() })
    const input = registration()
    expect(await codesOf(subgraph.schema, anybody, REGISTER, { input })).toEqual(['SERVICE_UNAVAILABLE'])
    await subgraph.close()
    expect(await refusalOf(input)).toMatchObject([{ code: 'CONFLICT' }]) // The half that was made.
    await started.core.sync.round()
    expect(await started.rows('select 1 from withdrawn_registrations')).toEqual([])
    expect(await register(input)).toMatchObject({ username: input.username })
  })

  it('fails where nothing was made, and is forgotten once nothing can come of it', async () => {
    const away = { ...started.identity.access, scimUrl: 'http://127.0.0.1:1/scim2' }
    const subgraph = await createProfileSubgraph({
      ...started.deps,
      directory: scimDirectory({ ...away, clock: started.deps.clock }),
    })
    const input = registration()
    expect(await codesOf(subgraph.schema, anybody, REGISTER, { input })).toEqual(['SERVICE_UNAVAILABLE'])
    await subgraph.close()
    await started.core.sync.round()
    expect(await started.rows('select 1 from withdrawn_registrations')).toHaveLength(1)
    await started.rows(`update withdrawn_registrations set withdrawn_at = withdrawn_at - interval '2 minutes',
      next_attempt_at = withdrawn_at`)
    await started.core.sync.round()
    expect(await started.rows('select 1 from withdrawn_registrations')).toEqual([])
  })
})

describe('a password', () => {
  const CHANGE = 'mutation ($current: String!, $new: String!) { changePassword(current: $current, new: $new) }'
  const change = (id: string, current: string, next: string) =>
    codesOf(started.subgraph.schema, customer(id, 'profile:write'), CHANGE, { current, new: next })

  it('is changed by whoever knows the present one', async () => {
    const input = registration()
    const { id } = await register(input)
    expect(await change(id, 'Wr0ngHorse', 'An0therHorse')).toEqual(['BAD_USER_INPUT'])
    expect(await change(id, input.password, 'weak')).toEqual(['BAD_USER_INPUT'])
    expect(await directory().hasPassword(input.username, input.password)).toBe(true)
    expect(await change(id, input.password, 'An0therHorse')).toEqual([])
    expect(await directory().hasPassword(input.username, 'An0therHorse')).toBe(true)
    const entries = await started.rows(
      `select fields from audit_log where subject = $1 and action = 'password.changed'`,
      [id],
    )
    expect(entries).toEqual([{ fields: ['password'] }])
  })

  it('is not changed, nor kept to be changed, while the identity server is away', async () => {
    const identity = await startTestIdentity()
    const subgraph = await createProfileSubgraph({
      ...started.deps,
      directory: scimDirectory({ ...identity.access, clock: started.deps.clock }),
    })
    await identity.close()
    const variables = { current: 'Corr3ctHorse', new: 'An0therHorse' }
    expect(await codesOf(subgraph.schema, customer(uuidv7(), 'profile:write'), CHANGE, variables)).toEqual([
      'SERVICE_UNAVAILABLE',
    ])
    await subgraph.close()
  })
})
