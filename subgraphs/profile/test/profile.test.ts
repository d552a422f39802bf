import { uuidv7 } from '@corridor/platform'
import { emitSdl, type SubgraphContext } from '@corridor/subgraph'
import { asService, asUser, codesOf, dataOf } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProfileSubgraph } from '../src/index.ts'
import { CANARY, customer, type StartedProfile, startProfile } from './started-profile.ts'

let started: StartedProfile
let profiles: ProfileSubgraph
let rows: StartedProfile['rows']

beforeAll(async () => {
  started = await startProfile()
  profiles = started.subgraph
  rows = started.rows
})
afterAll(() => started.close())

const ME = '{ me { id username email givenName familyName country timeZone kyc { status level note } } }'

describe('the schema', () => {
  it('is the committed one', async () => {
    await expect(emitSdl(profiles.schema)).toMatchFileSnapshot('../schema.graphql')
  })
})

describe('a profile', () => {
  it('is made from the claims of the token at its first sight, once, and said so once', async () => {
    const context = customer()
    const seen = await Promise.all(Array.from({ length: 6 }, () => dataOf(profiles.schema, context, ME)))
    expect(new Set(seen.map((each) => JSON.stringify(each))).size).toBe(1)
    expect(seen[0]).toMatchObject({
      me: { id: context.caller.subject, familyName: CANARY, country: 'US', kyc: { status: 'NOT_STARTED' } },
    })
    expect(await rows('select type from event_queue where key = $1', [context.caller.subject])).toEqual([
      { type: 'profile.created' },
    ])
  })

  it('keeps nothing personal readable in the database, nor in an event', async () => {
    await dataOf(profiles.schema, customer(), ME)
    const dump = JSON.stringify([
      await rows('select p::text, encode(username_ct, $1), encode(email_ct, $1) from profiles p', ['escape']),
      await rows('select * from event_queue'),
    ])
    expect(dump).not.toContain(CANARY)
  })

  it('does not open when a ciphertext is moved to another column or row', async () => {
    const [one, two] = [customer(), customer()]
    for (const context of [one, two]) await dataOf(profiles.schema, context, ME)
    await rows('update profiles set given_name_ct = family_name_ct where id = $1', [one.caller.subject])
    expect(await codesOf(profiles.schema, one, ME)).toHaveLength(1)
    await rows('update profiles set email_ct = (select email_ct from profiles where id = $2) where id = $1', [
      two.caller.subject,
      one.caller.subject,
    ])
    expect(await codesOf(profiles.schema, two, ME)).toHaveLength(1)
  })

  it('is seen by whose it is and by staff; others see an abbreviated name where a payment shows it to them', async () => {
    const context = customer()
    const id = context.caller.subject
    await dataOf(profiles.schema, context, ME)
    const entity = (type: string, field: string, by: SubgraphContext) =>
      dataOf(
        profiles.schema,
        by,
        `query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${type} { ${field} } } }`,
        {
          r: [{ __typename: type, id }],
        },
      )
    expect(await entity('Profile', 'username', customer())).toEqual({ _entities: [null] })
    expect(await entity('Profile', 'familyName', context)).toEqual({ _entities: [{ familyName: CANARY }] })
    expect(await entity('Profile', 'familyName', asUser(uuidv7(), 'profile:admin'))).toEqual({
      _entities: [{ familyName: CANARY }],
    })
    expect(await entity('Party', 'displayName', customer())).toEqual({ _entities: [{ displayName: 'Ada Q.' }] })
  })

  it('needs the token of a user', async () => {
    const application = { ...customer(), caller: { ...customer().caller, kind: 'application' as const, subject: null } }
    expect(await codesOf(profiles.schema, application, ME)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
  })

  it('is made for the wallet service too, on behalf of its caller', async () => {
    const context = customer()
    const document = 'mutation { ensureProfile { id } }'
    expect(await codesOf(profiles.schema, context, document)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    const service = { ...asService('wallet-service'), caller: context.caller }
    expect(await dataOf(profiles.schema, service, document)).toEqual({ ensureProfile: { id: context.caller.subject } })
  })
})

describe('deciding on an identity', () => {
  const DECIDE = `mutation ($id: ID!, $status: KycStatus!, $note: String!) {
    decideKyc(profileId: $id, status: $status, note: $note) { kyc { status level note } } }`

  it('is an officer’s, is kept with its note, and is said in an event', async () => {
    const context = customer()
    await dataOf(profiles.schema, context, ME)
    const variables = { id: context.caller.subject, status: 'VERIFIED', note: 'seen in person' }
    const officer = asUser(uuidv7(), 'profile:admin')
    expect(await dataOf(profiles.schema, officer, DECIDE, variables)).toEqual({
      decideKyc: { kyc: { status: 'VERIFIED', level: 'BASIC', note: 'seen in person' } },
    })
    const [event] = await rows(`select data from event_queue where key = $1 and type = 'profile.kyc_decided'`, [
      context.caller.subject,
    ])
    expect(event?.data).toMatchObject({ kycStatus: 'VERIFIED', kycLevel: 'BASIC', country: 'US', version: '2' })
  })

  it('is refused on oneself, on nobody, and without a note', async () => {
    const self = customer(uuidv7(), 'profile:admin')
    await dataOf(profiles.schema, self, ME)
    const decide = (variables: object) =>
      codesOf(profiles.schema, self, DECIDE, { status: 'VERIFIED', note: 'x', ...variables })
    expect(await decide({ id: self.caller.subject })).toEqual(['FORBIDDEN'])
    expect(await decide({ id: uuidv7() })).toEqual(['NOT_FOUND'])
    expect(await decide({ id: 'nonsense' })).toEqual(['NOT_FOUND'])
    expect(await decide({ id: uuidv7(), note: ' ' })).toEqual(['BAD_USER_INPUT'])
  })
})
