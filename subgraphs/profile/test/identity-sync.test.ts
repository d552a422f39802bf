import { createHmac } from 'node:crypto'
import { silentLogger, uuidv7 } from '@corridor/platform'
import { type RunningServer, serveSubgraph } from '@corridor/subgraph'
import { codesOf, dataOf, type TestClock, testClock } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IdentityDirectory } from '../src/identity/identity-directory.ts'
import { createProfileSubgraph, scimDirectory } from '../src/index.ts'
import { createProfileCore } from '../src/profile-core.ts'
import { customer, type StartedProfile, startProfile } from './started-profile.ts'

const SECRET = 'of the webhook'
let clock: TestClock
let started: StartedProfile
let server: RunningServer

beforeAll(async () => {
  clock = testClock()
  started = await startProfile({ clock, identityWebhookSecret: SECRET })
  const verifier = { verify: async () => null } // Callbacks carry no token; nothing else is called here.
  const { routes } = started.subgraph
  server = await serveSubgraph(started.subgraph, { port: 0, verifier, logger: silentLogger, clock, routes })
})
afterAll(async () => {
  await server.close()
  await started.close()
})

const directory = (): IdentityDirectory => started.deps.directory
const details = (username: string) => ({
  ...{ username, email: `${username}@example.com`, givenName: 'Ada', familyName: 'Lovelace', phone: '+14155550123' },
  ...{ country: null, timeZone: null, locale: null },
})

/** A user of the identity server with his profile, whose first following is done. */
async function registered(): Promise<string> {
  const input = { ...details(`user_${uuidv7().slice(-12)}`), password: 'Corr3ctHorse' }
  const { country: _c, timeZone: _t, locale: _l, ...given } = input
  const { registerProfile } = await dataOf<{ registerProfile: { id: string } }>(
    started.subgraph.schema,
    customer(),
    'mutation ($input: RegisterProfileInput!) { registerProfile(input: $input) { id } }',
    { input: given },
  )
  return registerProfile.id
}

const UPDATE = `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { email phone familyName country
  timeZone emailVerified syncPending address { city } } }`
type Updated = { updateProfile: { syncPending: boolean; email: string } }
const update = (id: string, input: object, { schema } = started.subgraph) =>
  dataOf<Updated>(schema, customer(id, 'profile:write'), UPDATE, { input })
const me = async (id: string, fields: string) =>
  (await dataOf<{ me: object }>(started.subgraph.schema, customer(id), `{ me { ${fields} } }`)).me
const typesOf = async (id: string) =>
  (await started.rows('select type from event_queue where key = $1 order by sequence', [id])).map(({ type }) => type)

describe('a change of a profile', () => {
  it('is made on both sides, told, and written down by the names of its fields', async () => {
    const id = await registered()
    const input = { familyName: ' Byron ', phone: '+14155550199', timeZone: 'Europe/London', locale: 'en-GB' }
    expect(await update(id, input)).toMatchObject({ updateProfile: { familyName: 'Byron', syncPending: false } })
    const { phone, timeZone, locale } = input
    expect(await directory().find(id)).toMatchObject({ familyName: 'Byron', phone, timeZone, locale })
    expect(await typesOf(id)).toContain('profile.updated')
    const fields = await started.rows(
      `select fields from audit_log where subject = $1 and action = 'profile.updated'`,
      [id],
    )
    expect(fields).toEqual([{ fields: ['familyName', 'phone', 'timeZone', 'locale'] }])
  })

  it('that changes nothing is neither told nor written down', async () => {
    const id = await registered()
    const before = await typesOf(id)
    await update(id, { familyName: 'Lovelace' })
    expect(await typesOf(id)).toEqual(before)
    expect(
      await started.rows(`select 1 from audit_log where subject = $1 and action = 'profile.updated'`, [id]),
    ).toEqual([])
  })

  it('of the e-mail address asks for a new proof, and takes the old one away', async () => {
    const id = await registered()
    const changed = await update(id, { email: 'new@example.com' })
    expect(changed).toMatchObject({ updateProfile: { email: 'new@example.com', emailVerified: false } })
    expect((await typesOf(id)).filter((type) => type === 'profile.email_verification_requested')).toHaveLength(2)
  })

  it('takes the country from the address, and a phone number away', async () => {
    const id = await registered()
    const address = { street: '1 Main Street', city: 'Nairobi', postalCode: '00100', country: 'KE' }
    const changed = await update(id, { address, phone: null })
    expect(changed).toMatchObject({ updateProfile: { country: 'KE', phone: null, address: { city: 'Nairobi' } } })
    expect(await directory().find(id)).toMatchObject({ country: 'KE', phone: null })
  })

  it.each([
    ['a time zone that is none', { timeZone: 'Mars/Olympus' }],
    ['an offset for a time zone', { timeZone: '+01:00' }],
    ['a locale that is none', { locale: 'not a locale' }],
    ['an e-mail address that is none', { email: 'x' }],
  ])('is refused with %s', async (_what, input) => {
    const by = customer(uuidv7(), 'profile:write')
    expect(await codesOf(started.subgraph.schema, by, UPDATE, { input })).toEqual(['BAD_USER_INPUT'])
  })
})

describe('while the identity server is away', () => {
  it('a change is kept, seen as pending, tried again later and later, and told in the end', async () => {
    const id = await registered()
    const access = { ...started.identity.access, clock }
    const away = scimDirectory({ ...access, scimUrl: 'http://127.0.0.1:1/scim2' })
    const [subgraph, core] = [
      await createProfileSubgraph({ ...started.deps, directory: away }),
      await createProfileCore({ ...started.deps, directory: away }),
    ]
    expect(await update(id, { familyName: 'Byron' }, subgraph)).toMatchObject({ updateProfile: { syncPending: true } })
    expect(await update(id, { familyName: 'King' }, subgraph)).toMatchObject({ updateProfile: { syncPending: true } })
    expect(await directory().find(id)).toMatchObject({ familyName: 'Lovelace' })
    const attempts = async () =>
      (await started.rows('select attempts from identity_sync where profile_id = $1', [id]))[0]
    await core.sync.round()
    expect(await attempts()).toEqual({ attempts: 1 }) // Not due yet.
    for (const expected of [2, 3]) {
      clock.advanceMs(5_000)
      await core.sync.round()
      expect(await attempts()).toEqual({ attempts: expected })
    }
    await started.core.sync.round()
    expect(await me(id, 'syncPending')).toEqual({ syncPending: true })
    clock.advanceMs(5_000)
    await started.core.sync.round()
    expect(await directory().find(id)).toMatchObject({ familyName: 'King' })
    expect(await me(id, 'syncPending familyName')).toEqual({ syncPending: false, familyName: 'King' })
    await subgraph.close()
    await core.close()
  })

  it('a change that comes during a delivery is told after it', async () => {
    const id = await registered()
    let during: Promise<unknown> | null = null
    const slow: IdentityDirectory = {
      ...directory(),
      async update(userId, changed) {
        during ??= update(id, { familyName: 'Second' })
        await during
        return await directory().update(userId, changed)
      },
    }
    const subgraph = await createProfileSubgraph({ ...started.deps, directory: slow })
    await update(id, { familyName: 'First' }, subgraph)
    await subgraph.close()
    expect(await me(id, 'syncPending familyName')).toEqual({ syncPending: true, familyName: 'Second' })
    await started.core.sync.round()
    expect(await me(id, 'syncPending')).toEqual({ syncPending: false })
    expect(await directory().find(id)).toMatchObject({ familyName: 'Second' })
  })

  it('a user who is gone is written down, and not asked for for ever', async () => {
    const id = await registered()
    await directory().remove(id)
    await update(id, { familyName: 'Byron' })
    expect(await me(id, 'syncPending')).toEqual({ syncPending: false })
    expect(
      await started.rows(`select actor from audit_log where subject = $1 and action = 'identity.missing'`, [id]),
    ).toEqual([{ actor: 'identity-server' }])
  })
})

describe('a change of a user in the identity server', () => {
  const renamed = async (id: string, familyName: string) => {
    const user = await directory().find(id)
    if (!user) throw new Error('the user is there')
    await directory().update(id, { ...user, familyName, email: 'moved@example.com' })
  }

  it('reaches the profile by polling, once, and asks for a proof of a new address', async () => {
    const id = await registered()
    await started.core.follow.poll()
    const before = await typesOf(id)
    clock.advanceMs(1_000)
    await renamed(id, 'Polled')
    await started.core.follow.poll()
    await started.core.follow.poll()
    expect(await me(id, 'familyName email emailVerified syncPending')).toEqual({
      ...{ familyName: 'Polled', email: 'moved@example.com', emailVerified: false, syncPending: false },
    })
    expect((await typesOf(id)).slice(before.length)).toEqual([
      'profile.updated',
      'profile.email_verification_requested',
    ])
    const [entry] = await started.rows(
      `select actor, fields from audit_log where subject = $1 and action = 'profile.updated'`,
      [id],
    )
    expect(entry).toEqual({ actor: 'identity-server', fields: ['email', 'familyName'] })
  })

  it('does not undo a change of ours that it does not know yet', async () => {
    const id = await registered()
    await renamed(id, 'Theirs')
    await started.rows(
      `insert into identity_sync (profile_id, kind, version, next_attempt_at) values ($1, 'PUSH', 1, $2)`,
      [id, new Date(clock.now().getTime() + 1_000)],
    )
    await started.core.follow.follow([{ userId: id }])
    expect(await me(id, 'familyName')).toEqual({ familyName: 'Lovelace' })
    clock.advanceMs(2_000)
    await started.core.sync.round()
    expect(await directory().find(id)).toMatchObject({ familyName: 'Lovelace' })
  })

  it('of a user without a profile changes nothing', async () => {
    const made = await directory().create({
      ...details(`lone_${uuidv7().slice(-12)}`),
      password: 'Corr3ctHorse',
      externalId: uuidv7(),
    })
    if (!made.ok) throw new Error('a user is made')
    await started.core.follow.poll()
    expect(await started.rows('select 1 from profiles where id = $1', [made.value])).toEqual([])
  })

  describe('told by a webhook', () => {
    const event = (userId: string) => ({
      iss: 'https://localhost:9443/t/carbon.super',
      ...{ jti: uuidv7(), iat: 1_751_705_149_662, rci: uuidv7() },
      events: {
        'https://schemas.identity.wso2.org/events/user/event-type/userProfileUpdated': { user: { id: userId } },
      },
    })
    const send = async (body: string, signature?: string) => {
      const address = new URL('/callbacks/identity-server', server.url)
      const headers = { 'content-type': 'application/json', ...(signature ? { 'x-hub-signature': signature } : {}) }
      return (await fetch(address, { method: 'POST', headers, body })).status
    }
    const signed = (body: string) => `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`

    it('reaches the profile, also when it is told twice', async () => {
      const id = await registered()
      await renamed(id, 'Told')
      const body = JSON.stringify(event(id))
      expect([await send(body, signed(body)), await send(body, signed(body))]).toEqual([200, 200])
      expect(await me(id, 'familyName')).toEqual({ familyName: 'Told' })
    })

    it('is refused without the right signature, and with nonsense in it', async () => {
      const id = await registered()
      await renamed(id, 'Forged')
      const body = JSON.stringify(event(id))
      expect(await send(body)).toBe(401)
      expect(await send(body, signed(`${body} `))).toBe(401)
      expect(await send(body, 'sha256=00')).toBe(401)
      expect(await send('nonsense', signed('nonsense'))).toBe(400)
      expect(await me(id, 'familyName')).toEqual({ familyName: 'Lovelace' })
    })
  })
})
