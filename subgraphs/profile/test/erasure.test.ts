import { uuidv7 } from '@corridor/platform'
import type { SubgraphContext } from '@corridor/subgraph'
import { asService, asUser, codesOf, dataOf } from '@corridor/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createProfileSubgraph, scimDirectory } from '../src/index.ts'
import { CANARY, customer, type StartedProfile, startProfile } from './started-profile.ts'

const IBAN = 'DE89370400440532013000'
const ERASE = 'mutation ($id: ID!) { eraseProfile(id: $id) }'
const REGISTER = 'mutation ($input: RegisterProfileInput!) { registerProfile(input: $input) { id username } }'
const ADD = 'mutation ($input: AddBeneficiaryInput!) { addBeneficiary(input: $input) { id } }'

let started: StartedProfile

beforeAll(async () => {
  started = await startProfile()
})
beforeEach(() => {
  Object.assign(started.farSides, { holdsMoney: false, hasOpenPayments: false })
})
afterAll(() => started.close())

const officer = (): SubgraphContext => asUser(uuidv7(), 'profile:admin')
const erase = (id: string, by = officer(), { schema } = started.subgraph) =>
  dataOf<{ eraseProfile: boolean }>(schema, by, ERASE, { id })
const codes = (id: string, by = officer()) => codesOf(started.subgraph.schema, by, ERASE, { id })

/** A customer with everything that is personal, and somebody whom he pays. */
async function person(): Promise<{ id: string; username: string; beneficiaryId: string }> {
  const input = {
    ...{ username: `${CANARY}_${uuidv7().slice(-12)}`, email: `${CANARY}@example.com`, password: 'Corr3ctHorse' },
    ...{ givenName: 'Ada', familyName: CANARY, phone: '+14155550123' },
    address: { street: `1 ${CANARY} Street`, city: 'Paris', postalCode: '75002', country: 'FR' },
  }
  const { schema } = started.subgraph
  const { registerProfile } = await dataOf<{ registerProfile: { id: string; username: string } }>(
    schema,
    officer(),
    REGISTER,
    { input },
  )
  const { id, username } = registerProfile
  const beneficiary = {
    ...{ idempotencyKey: uuidv7(), name: CANARY, country: 'DE', currency: 'EUR', delivery: 'BANK' },
    ...{ accountNumber: IBAN, bankName: CANARY },
  }
  const by = customer(id, 'profile:write')
  const added = await dataOf<{ addBeneficiary: { id: string } }>(schema, by, ADD, { input: beneficiary })
  const decide = 'mutation ($id: ID!) { decideKyc(profileId: $id, status: VERIFIED, note: "seen") { id } }'
  await dataOf(schema, officer(), decide, { id })
  return { id, username, beneficiaryId: added.addBeneficiary.id }
}

describe('an erasure', () => {
  it('leaves nothing personal, neither readable nor sealed, and removes key and user', async () => {
    const { id, beneficiaryId } = await person()
    expect(await erase(id)).toEqual({ eraseProfile: true })
    expect(await started.keyRows('select 1 from subject_keys where subject = $1', [id])).toEqual([])
    expect(await started.deps.directory.find(id)).toBeNull()
    const [row] = await started.rows('select * from profiles where id = $1', [id])
    const personal = Object.entries(row ?? {}).filter(([name]) => /_(ct|index)$/.test(name))
    expect(personal.length).toBeGreaterThan(8)
    expect(personal.filter(([, value]) => value !== null)).toEqual([])
    const [paid] = await started.rows(
      'select name_ct, account_number_ct, bank_name_ct from beneficiaries where id = $1',
      [beneficiaryId],
    )
    expect(paid).toEqual({ name_ct: null, account_number_ct: null, bank_name_ct: null })
    expect(await started.rows('select 1 from email_verifications where profile_id = $1', [id])).toEqual([])
    expect(await started.rows('select 1 from identity_sync where profile_id = $1', [id])).toEqual([])
  })

  it('leaves a name for others, an id for the books, and what was decided', async () => {
    const { id, beneficiaryId } = await person()
    await erase(id)
    const { schema } = started.subgraph
    const fields =
      '{ id username email givenName phone address { city } country kyc { status note } beneficiaries { id } }'
    expect(await dataOf(schema, officer(), `query ($id: ID!) { profile(id: $id) ${fields} }`, { id })).toEqual({
      profile: {
        ...{ id, username: id, email: null, givenName: null, phone: null, address: null, country: 'FR' },
        ...{ kyc: { status: 'VERIFIED', note: null }, beneficiaries: [] },
      },
    })
    const party = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Party { displayName } } }'
    expect(await dataOf(schema, officer(), party, { r: [{ __typename: 'Party', id }] })).toEqual({
      _entities: [{ displayName: 'Former customer' }],
    })
    const known = 'query ($ids: [ID!]!) { paymentBeneficiaries(ids: $ids) { owner active label } }'
    expect(await dataOf(schema, asService('payment-service'), known, { ids: [beneficiaryId] })).toEqual({
      paymentBeneficiaries: [{ owner: id, active: false, label: 'Former customer' }],
    })
    expect(
      await started.rows(`select type from event_queue where key = $1 and type = 'profile.erased'`, [id]),
    ).toHaveLength(1)
  })

  it('is for ever: the erased token makes no new profile, and changes none', async () => {
    const { id } = await person()
    await erase(id)
    const by = customer(id, 'profile:write')
    const { schema } = started.subgraph
    expect(await dataOf(schema, by, '{ me { username email } }')).toEqual({ me: { username: id, email: null } })
    const update = 'mutation { updateProfile(input: { givenName: "Ada" }) { id } }'
    expect(await codesOf(schema, by, update)).toEqual(['NOT_FOUND'])
    expect(await codesOf(schema, by, 'mutation { startKyc(level: BASIC) { id } }')).toEqual(['SERVICE_UNAVAILABLE'])
    const input = { idempotencyKey: 'x', name: 'A', country: 'US', currency: 'USD', delivery: 'CASH_PICKUP' }
    expect(await codesOf(schema, by, ADD, { input })).toEqual(['NOT_FOUND'])
    expect(await started.keyRows('select 1 from subject_keys where subject = $1', [id])).toEqual([])
    expect(await erase(id)).toEqual({ eraseProfile: true })
  })

  it('finds nobody by an index that was', async () => {
    const { id, username } = await person()
    await erase(id)
    const search = 'query ($s: String!) { profiles(search: $s) { edges { node { id } } } }'
    for (const s of [username, `${CANARY}@example.com`, '+14155550123']) {
      const found = await dataOf<{ profiles: { edges: { node: { id: string } }[] } }>(
        started.subgraph.schema,
        officer(),
        search,
        { s },
      )
      expect(found.profiles.edges.map(({ node }) => node.id)).not.toContain(id)
    }
  })

  it('is refused while there is money, or a payment under way', async () => {
    const { id } = await person()
    started.farSides.holdsMoney = true
    expect(await codes(id)).toEqual(['CONFLICT'])
    Object.assign(started.farSides, { holdsMoney: false, hasOpenPayments: true })
    expect(await codes(id)).toEqual(['CONFLICT'])
    started.farSides.hasOpenPayments = false
    expect(await codes(id)).toEqual([])
  })

  it('is refused of nobody', async () => {
    expect(await codes(uuidv7())).toEqual(['NOT_FOUND'])
    expect(await codes('nonsense')).toEqual(['NOT_FOUND'])
  })

  it('destroys the key while the identity server is away, and the user once it is back', async () => {
    const { id } = await person()
    const access = { ...started.identity.access, clock: started.deps.clock }
    const away = scimDirectory({ ...access, scimUrl: 'http://127.0.0.1:1/scim2' })
    const subgraph = await createProfileSubgraph({ ...started.deps, directory: away })
    expect(await erase(id, officer(), subgraph)).toEqual({ eraseProfile: true })
    await subgraph.close()
    expect(await started.keyRows('select 1 from subject_keys where subject = $1', [id])).toEqual([])
    expect(await started.deps.directory.find(id)).not.toBeNull()
    await started.rows(`update identity_sync set next_attempt_at = now() - interval '1 second' where profile_id = $1`, [
      id,
    ])
    await started.core.sync.round()
    expect(await started.deps.directory.find(id)).toBeNull()
  })

  it('is finished by the rounds where its process ended after the commit', async () => {
    const { id } = await person()
    const key = await started.keyRows('select * from subject_keys where subject = $1', [id])
    await erase(id)
    // As a crash between the two databases leaves it.
    await started.keyRows('insert into subject_keys (subject, wrapped_key, master_key_id) values ($1, $2, $3)', [
      id,
      key[0]?.wrapped_key,
      key[0]?.master_key_id,
    ])
    await started.rows(
      `insert into identity_sync (profile_id, kind, version, next_attempt_at) values ($1, 'REMOVE', 99, now() - interval '1 second')`,
      [id],
    )
    await started.core.sync.round()
    expect(await started.keyRows('select 1 from subject_keys where subject = $1', [id])).toEqual([])
  })

  it('takes two people in production: one proposes, another does it', async () => {
    const { id } = await person()
    const subgraph = await createProfileSubgraph({ ...started.deps, production: true })
    const [one, other] = [officer(), officer()]
    expect(await erase(id, one, subgraph)).toEqual({ eraseProfile: false })
    expect(await erase(id, one, subgraph)).toEqual({ eraseProfile: false })
    expect(await started.keyRows('select 1 from subject_keys where subject = $1', [id])).toHaveLength(1)
    expect(await erase(id, other, subgraph)).toEqual({ eraseProfile: true })
    await subgraph.close()
    const entries = await started.rows(
      `select actor, action from audit_log where subject = $1 and action like 'eras%' or subject = $1 and action = 'profile.erased' order by id`,
      [id],
    )
    expect(entries).toEqual([
      { actor: one.caller.subject, action: 'erasure.proposed' },
      { actor: one.caller.subject, action: 'erasure.proposed' },
      { actor: other.caller.subject, action: 'profile.erased' },
    ])
  })
})
