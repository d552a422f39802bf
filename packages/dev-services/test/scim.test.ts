import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DevelopmentIdentity } from '../src/index.ts'
import { askForToken, authorizationRequest, Browser, logIn, start } from './identity-client.ts'

let identity: DevelopmentIdentity
let authorization: string

const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User'
const WSO2_SCHEMA = 'urn:scim:wso2:schema'
const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const ADMINISTRATOR = `Basic ${Buffer.from('admin:admin').toString('base64')}`

const newUser = (userName: string) => ({
  schemas: [USER_SCHEMA, WSO2_SCHEMA],
  userName,
  password: 'A g00d password',
  name: { givenName: 'Mary', familyName: 'Shelley' },
  emails: [{ value: `${userName}@example.com`, primary: true }],
  [WSO2_SCHEMA]: { country: 'GB' },
  timezone: 'Europe/London',
  locale: 'en-GB',
})

interface ScimAnswer {
  readonly status: number
  // The tests compare whole bodies or named members, whatever they are.
  readonly body: Record<string, unknown>
}

async function scim(method: string, path: string, body?: object, as = authorization): Promise<ScimAnswer> {
  const response = await fetch(`${identity.url}/scim2${path}`, {
    method,
    headers: { authorization: as, 'content-type': 'application/scim+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const parsed: Record<string, unknown> = text === '' ? {} : JSON.parse(text)
  return { status: response.status, body: parsed }
}

beforeAll(async () => {
  identity = await start()
  const scope = ['create', 'list', 'view', 'update', 'delete'].map((access) => `internal_user_mgt_${access}`).join(' ')
  const { body } = await askForToken(
    identity,
    { grant_type: 'client_credentials', scope },
    { clientId: 'corridor-services', secret: 'corridor-services-development-secret' },
  )
  authorization = `Bearer ${body.access_token}`
})
afterAll(() => identity.close())

test('a user is created, logs in with the role of a customer, and is gone when deleted', async () => {
  const created = await scim('POST', '/Users', newUser('mary'))
  expect(created.status).toBe(201)
  expect(created.body).toMatchObject({ userName: 'mary', timezone: 'Europe/London', active: true })
  expect(JSON.stringify(created.body)).not.toContain('assword')
  const id = String(created.body.id)

  const login = await logIn(identity, 'mary', 'A g00d password')
  expect(decodeJwt(login.body.access_token ?? '')).toMatchObject({
    sub: id,
    given_name: 'Mary',
    country: 'GB',
    zoneinfo: 'Europe/London',
    locale: 'en-GB',
  })
  expect(login.body.scope).toContain('payments:write')

  expect((await scim('GET', `/Users/${id}`)).body).toMatchObject({
    id,
    meta: { resourceType: 'User', location: `${identity.url}/scim2/Users/${id}` },
  })
  expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204)
  expect((await scim('GET', `/Users/${id}`)).status).toBe(404)
  expect((await logIn(identity, 'mary', 'A g00d password')).body.error).toBe('invalid_grant')
  const refreshed = await askForToken(identity, {
    grant_type: 'refresh_token',
    refresh_token: login.body.refresh_token ?? '',
  })
  expect(refreshed.body.error).toBe('invalid_grant')
})

test('users are found by name', async () => {
  const found = await scim('GET', `/Users?${new URLSearchParams({ filter: 'userName eq "customer2"' })}`)
  expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ userName: 'customer2' }] })
  const none = await scim('GET', `/Users?${new URLSearchParams({ filter: 'userName eq "customer99"' })}`)
  expect(none.body).toMatchObject({ totalResults: 0 })
})

test('a list is given in pages', async () => {
  const page = await scim('GET', '/Users?startIndex=3&count=2')
  expect(page.body).toMatchObject({ itemsPerPage: 2, startIndex: 3 })
  expect(page.body.Resources).toHaveLength(2)
})

test('a patch changes what it names and keeps the rest, the password too', async () => {
  const id = String((await scim('POST', '/Users', newUser('percy'))).body.id)
  const patched = await scim('PATCH', `/Users/${id}`, {
    schemas: [PATCH_SCHEMA],
    Operations: [
      { op: 'replace', path: 'name.givenName', value: 'Percy' },
      { op: 'replace', value: { displayName: 'Percy S.' } },
      { op: 'replace', path: `${WSO2_SCHEMA}:country`, value: 'IT' },
    ],
  })
  expect(patched.status).toBe(200)
  expect(patched.body).toMatchObject({ displayName: 'Percy S.', name: { givenName: 'Percy', familyName: 'Shelley' } })
  const login = await logIn(identity, 'percy', 'A g00d password')
  expect(decodeJwt(login.body.access_token ?? '')).toMatchObject({
    given_name: 'Percy',
    family_name: 'Shelley',
    country: 'IT',
    zoneinfo: 'Europe/London',
  })
})

test('a patched password replaces the old one', async () => {
  const id = String((await scim('POST', '/Users', newUser('claire'))).body.id)
  const patched = await scim('PATCH', `/Users/${id}`, {
    schemas: [PATCH_SCHEMA],
    Operations: [{ op: 'replace', value: { password: 'An0ther password' } }],
  })
  expect(patched.status).toBe(200)
  expect((await logIn(identity, 'claire', 'A g00d password')).body.error).toBe('invalid_grant')
  expect((await logIn(identity, 'claire', 'An0ther password')).status).toBe(200)
})

test('an erased user has his id as name, and a deactivated one cannot log in', async () => {
  const id = String((await scim('POST', '/Users', newUser('george'))).body.id)
  const patched = await scim('PATCH', `/Users/${id}`, {
    schemas: [PATCH_SCHEMA],
    Operations: [
      { op: 'replace', path: 'userName', value: id },
      { op: 'replace', path: 'displayName', value: 'Former customer' },
      { op: 'remove', path: 'name' },
      { op: 'remove', path: 'emails' },
      { op: 'replace', path: 'active', value: false },
    ],
  })
  expect(patched.body).toMatchObject({ userName: id, displayName: 'Former customer', active: false })
  expect(patched.body).not.toHaveProperty('emails')
  expect((await logIn(identity, id, 'A g00d password')).body.error).toBe('invalid_grant')
})

test('a user name is given once, whatever its case', async () => {
  const { status, body } = await scim('POST', '/Users', newUser('CUSTOMER1'))
  expect([status, body.scimType]).toEqual([409, 'uniqueness'])
})

test.each([
  ['a short password', { password: 'short' }],
  ['a name with blanks', { userName: 'a b c' }],
])('%s is refused', async (_what, change) => {
  const { status, body } = await scim('POST', '/Users', { ...newUser('frank'), ...change })
  expect([status, body.scimType]).toEqual([400, 'invalidValue'])
})

test('a session of a deleted user asks for a login again', async () => {
  const id = String((await scim('POST', '/Users', newUser('byron'))).body.id)
  const browser = new Browser()
  const { location } = await browser.open(authorizationRequest(identity, 'openid').url)
  const accepted = await browser.open(location, { username: 'byron', password: 'A g00d password' })
  expect((await browser.open(accepted.location)).location).toContain('code=')
  const known = await browser.open(authorizationRequest(identity, 'openid').url)
  expect(known.location).toContain('code=')

  await scim('DELETE', `/Users/${id}`)
  const gone = await browser.open(authorizationRequest(identity, 'openid').url)
  expect([gone.status, gone.location]).toEqual([303, expect.stringContaining('/authenticationendpoint/login/')])
  expect((await browser.open(gone.location)).html).toContain('name="password"')
})

test('an administrator may manage users with his password, nobody else may', async () => {
  const list = (as: string) => scim('GET', '/Users?count=1', undefined, as)
  expect((await list(ADMINISTRATOR)).status).toBe(200)
  expect((await list('')).status).toBe(401)
  expect((await list('Bearer not.a.token')).status).toBe(401)
  expect((await list(`Basic ${Buffer.from('admin:guess').toString('base64')}`)).status).toBe(401)
  expect((await list(`Basic ${Buffer.from('customer1:customer1').toString('base64')}`)).status).toBe(403)
  expect((await list(`Bearer ${await identity.issueToken('admin')}`)).status).toBe(403)
})
