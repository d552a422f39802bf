import { uuidv7 } from '@corridor/platform'
import { asUser, codesOf, dataOf } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CANARY, customer, type StartedProfile, startProfile } from './started-profile.ts'

let started: StartedProfile

beforeAll(async () => {
  started = await startProfile()
})
afterAll(() => started.close())

const schema = () => started.subgraph.schema
const person = async (): Promise<string> => {
  const context = customer()
  await dataOf(schema(), context, '{ me { id } }')
  return context.caller.subject ?? ''
}
type Page<Node> = { edges: { node: Node; cursor: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
type Entry = { actor: string; subject: string; action: string; fields: string[]; at: string }

const LOG = `query ($subject: ID, $actor: ID, $from: DateTime, $to: DateTime, $first: Int, $after: String) {
  auditLog(subject: $subject, actor: $actor, from: $from, to: $to, first: $first, after: $after) {
    edges { cursor node { actor subject action fields at } } pageInfo { hasNextPage endCursor } } }`
const auditor = asUser(uuidv7(), 'audit:read')
const log = async (variables: object): Promise<Page<Entry>> =>
  (await dataOf<{ auditLog: Page<Entry> }>(schema(), auditor, LOG, { ...variables })).auditLog
const actions = async (variables: object) => (await log(variables)).edges.map(({ node }) => [node.actor, node.action])

describe('the audit log', () => {
  it('says who read of whom, and nothing of reading of oneself', async () => {
    const [id, officer] = [await person(), uuidv7()]
    const by = asUser(officer, 'profile:admin')
    await dataOf(schema(), customer(id), '{ me { id email } }')
    await dataOf(schema(), by, 'query ($id: ID!) { profile(id: $id) { email } }', { id })
    await dataOf(schema(), by, 'query ($s: String!) { profiles(search: $s) { edges { node { id } } } }', { s: id })
    const entities = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Profile { email } } }'
    await dataOf(schema(), by, entities, { r: [{ __typename: 'Profile', id }] })
    expect(await actions({ subject: id })).toEqual([
      [officer, 'profile.read'],
      [officer, 'profile.read'],
      [officer, 'profile.read'],
      [id, 'profile.created'],
    ])
    expect(await actions({ actor: officer })).toHaveLength(3)
  })

  it('says who changed what of whom, by the names of fields', async () => {
    const id = await person()
    const update = 'mutation { updateProfile(input: { givenName: "Grace", locale: "en-GB" }) { id } }'
    await dataOf(schema(), customer(id, 'profile:write'), update)
    const node = (await log({ subject: id, actor: id })).edges[0]?.node
    expect(node).toMatchObject({ action: 'profile.updated', fields: ['givenName', 'locale'] })
    expect(Math.abs(Date.parse(node?.at ?? '') - Date.now())).toBeLessThan(60_000)
    expect(JSON.stringify(await started.rows('select * from audit_log'))).not.toMatch(new RegExp(`Grace|${CANARY}`))
  })

  it('is read page by page, the newest first, and between instants', async () => {
    const [id, officer] = [await person(), uuidv7()]
    const read = 'query ($id: ID!) { profile(id: $id) { id } }'
    for (let times = 0; times < 4; times += 1) await dataOf(schema(), asUser(officer, 'profile:admin'), read, { id })
    const first = await log({ subject: id, first: 3 })
    expect(first.pageInfo.hasNextPage).toBe(true)
    const rest = await log({ subject: id, first: 3, after: first.pageInfo.endCursor })
    expect([first, rest].map(({ edges }) => edges.length)).toEqual([3, 2])
    expect(rest.edges.at(-1)?.node.action).toBe('profile.created')
    expect(await actions({ subject: id, to: '2001-01-01T00:00:00Z' })).toEqual([])
    expect(await actions({ subject: id, from: '2001-01-01T00:00:00Z' })).toHaveLength(5)
  })

  it('is not asked in nonsense', async () => {
    for (const variables of [{ subject: 'x' }, { from: 'x' }, { to: 'x' }, { first: 0 }, { after: 'WyJ4Il0' }]) {
      expect(await codesOf(schema(), auditor, LOG, variables)).toEqual(['BAD_USER_INPUT'])
    }
    expect(await codesOf(schema(), asUser(uuidv7(), 'profile:admin'), LOG, {})).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
  })

  it('is added to, and never changed, by the service and by the owner of its table alike', async () => {
    await person()
    for (const statement of ['update audit_log set actor = $1', 'delete from audit_log where actor <> $1']) {
      await expect(started.rows(statement, ['x'])).rejects.toThrow('permission denied')
      await expect(started.ownerRows(statement, ['x'])).rejects.toThrow('never changed or removed')
    }
    await expect(started.rows('truncate audit_log')).rejects.toThrow('permission denied')
    await expect(started.ownerRows('truncate audit_log')).rejects.toThrow('never changed or removed')
  })
})

describe('a search of profiles', () => {
  const SEARCH = `query ($search: String, $kycStatus: KycStatus, $first: Int, $after: String) {
    profiles(search: $search, kycStatus: $kycStatus, first: $first, after: $after) {
      edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }`
  const officer = asUser(uuidv7(), 'profile:admin')
  const search = async (variables: object): Promise<Page<{ id: string }>> =>
    (await dataOf<{ profiles: Page<{ id: string }> }>(schema(), officer, SEARCH, { ...variables })).profiles
  const found = async (variables: object) => (await search(variables)).edges.map(({ node }) => node.id)

  it('finds by a whole e-mail address, phone number, user name or id, in any case of letters', async () => {
    const id = uuidv7()
    const context = customer(id, 'profile:write')
    const mark = uuidv7().slice(-12)
    const email = `Find.Me-${mark}@Example.com`
    await dataOf(
      schema(),
      context,
      `mutation { updateProfile(input: { email: "${email}", phone: "+4917012345678" }) { id } }`,
    )
    for (const text of [email.toUpperCase(), ` ${email} `, '+4917012345678', `ADA-${id.toUpperCase()}`, id]) {
      expect(await found({ search: text })).toEqual([id])
    }
    expect(await found({ search: mark })).toEqual([])
    expect(await found({ search: `${email}x` })).toEqual([])
  })

  it('finds by the state of identity checks, page by page', async () => {
    const ids = [await person(), await person(), await person()].sort()
    const decide = 'mutation ($id: ID!) { decideKyc(profileId: $id, status: REJECTED, note: "x") { id } }'
    for (const id of ids) await dataOf(schema(), officer, decide, { id })
    const first = await search({ kycStatus: 'REJECTED', first: 2 })
    expect(first.pageInfo.hasNextPage).toBe(true)
    const rest = await found({ kycStatus: 'REJECTED', after: first.pageInfo.endCursor })
    expect([...first.edges.map(({ node }) => node.id), ...rest]).toEqual(ids)
    expect(await found({ kycStatus: 'REJECTED', search: ids[0] })).toEqual([ids[0]])
    expect(await found({ kycStatus: 'PENDING', search: ids[0] })).toEqual([])
    expect(await codesOf(schema(), officer, SEARCH, { first: 101 })).toEqual(['BAD_USER_INPUT'])
  })
})
