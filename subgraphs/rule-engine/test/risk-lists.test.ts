import { uuidv7 } from '@corridor/platform'
import { asService, asUser, codesOf, dataOf, run } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_LIST_ENTRIES } from '../src/domain/risk-list.ts'
import { NOON, RulesFixture, staff } from './fixture.ts'

let fixture: RulesFixture

beforeAll(async () => {
  fixture = await RulesFixture.start()
})
afterAll(() => fixture.close())

const IMPORT = `mutation ($n: String!, $c: String!) {
  importRiskList(name: $n, csv: $c) { name kind version entries updatedAt updatedBy } }`

const importList = async (name: string, csv: string, by = staff()) =>
  (await fixture.asStaff<{ importRiskList: object }>(IMPORT, { n: name, c: csv }, by)).importRiskList

const refusalOf = async (name: string, csv: string) => {
  const { errors } = await run(fixture.rules.schema, staff(), IMPORT, { n: name, c: csv })
  return errors?.[0]?.message
}

describe('risk lists', () => {
  it('that ship are there', async () => {
    const { riskLists } = await fixture.asStaff<{ riskLists: object[] }>('{ riskLists { name kind version entries } }')
    expect(riskLists).toEqual([
      { name: 'blocked-accounts', kind: 'ACCOUNTS', version: 1, entries: 0 },
      { name: 'sanctioned-countries', kind: 'COUNTRIES', version: 1, entries: 3 },
      { name: 'watched-countries', kind: 'COUNTRIES', version: 1, entries: 3 },
    ])
  })

  it('are replaced by an import, from which on the rules ask the new one', async () => {
    const id = await fixture.customer()
    const actor = uuidv7()
    expect(await fixture.judge(id, 1, { destinationCountry: 'BY' })).toEqual(['APPROVE', 10, ['UNUSUAL_COUNTRY']])
    expect(
      await importList('sanctioned-countries', 'country,note\r\nir,"a, b"\nKP\nBY\n by \n\n', staff(actor)),
    ).toEqual({
      name: 'sanctioned-countries',
      kind: 'COUNTRIES',
      version: 2,
      entries: 3,
      updatedAt: NOON.toISOString(),
      updatedBy: actor,
    })
    expect(await fixture.judge(id, 1, { destinationCountry: 'BY' })).toEqual(['DECLINE', 100, ['SANCTIONED_COUNTRY']])
    expect(await fixture.judge(id, 1, { destinationCountry: 'SY' })).toEqual(['APPROVE', 10, ['UNUSUAL_COUNTRY']])
    const { rows } = await fixture.rules.pool.query(
      `select version, action, actor from rule_changes where name = 'sanctioned-countries' order by id`,
    )
    expect(rows).toEqual([
      { version: 1, action: 'IMPORTED', actor: 'shipped' },
      { version: 2, action: 'IMPORTED', actor },
    ])
    await expect(fixture.rules.pool.query('update risk_lists set version = 9')).rejects.toThrow('never changed')
  })

  it('stay the same version where the content is the same', async () => {
    await importList('watched-countries', 'country\nRU\nCN\nVE\nMM')
    expect(await importList('watched-countries', 'Country\nmm\nVE\nCN\nRU\nRU')).toMatchObject({
      version: 2,
      entries: 4,
    })
  })

  it('of blocked accounts stop customers and wallets, on either side', async () => {
    const [blocked, other, wallet] = [await fixture.customer(), await fixture.customer(), uuidv7()]
    const codesFor = async (id: string, more = {}) => (await fixture.judge(id, 1, more))[2]
    await importList('blocked-accounts', `account\n${blocked}\n${wallet.toUpperCase()}`)
    expect(await codesFor(blocked)).toEqual(['BLOCKED_ACCOUNT'])
    expect(await codesFor(other)).toEqual([])
    expect(await codesFor(other, { counterpartyId: blocked })).toContain('BLOCKED_ACCOUNT')
    expect(await codesFor(other, { fromAccountId: wallet })).toEqual(['BLOCKED_ACCOUNT'])
    expect(await codesFor(other, { toAccountId: wallet })).toEqual(['BLOCKED_ACCOUNT'])
    await importList('blocked-accounts', 'account\n')
    expect(await codesFor(blocked)).toEqual([])
  })

  it('reach every instance, and what was decided before stays explained by what was asked then', async () => {
    const id = await fixture.customer()
    const before = await fixture.judge(id, 1, { destinationCountry: 'CU' })
    const another = await fixture.anotherInstance()
    const payment = () => ({
      subjectId: uuidv7(),
      kind: 'TRANSFER',
      customerId: id,
      currency: 'USD',
      amountUsdMinor: '100',
      destinationCountry: 'CU',
    })
    expect(await fixture.decide([payment()], { on: another })).toMatchObject([{ riskScore: 0 }])
    await importList('watched-countries', 'country\nCU')
    const scoreThere = async () => (await fixture.decide([payment()], { on: another }))[0]?.riskScore
    await expect.poll(scoreThere, { timeout: 30_000 }).toBe(20)
    expect(before).toEqual(['APPROVE', 10, ['UNUSUAL_COUNTRY']])
    const { rows } = await fixture.rules.pool.query<{ id: string }>('select id from decisions where customer_id = $1', [
      id,
    ])
    for (const row of rows) {
      await fixture.asStaff('query ($id: ID!) { ruleDecision(id: $id) { trace } }', { id: row.id })
    }
  })

  it.each([
    ['Not a name', 'country\nRU', 'name must be'],
    ['some-list', '', 'csv must begin with'],
    ['some-list', 'land\nRU', 'csv must begin with'],
    ['some-list', 'country\nRU\nRussia', 'csv, entry 2: expected a country code'],
    ['some-list', 'account\n17', 'csv, entry 1: expected the id'],
    ['some-list', 'name\n" "', 'csv, entry 1: expected a name'],
    ['some-list', 'country\n"RU', 'csv: Quote Not Closed'],
    ['some-list', `name\n${'a\n'.repeat(MAX_LIST_ENTRIES + 1)}`, 'at most 50000 entries'],
    ['watched-countries', 'name\nSomebody', 'holds COUNTRIES, the file NAMES'],
  ])('named %s refuse the file %j', async (name, csv, message) => {
    expect(await refusalOf(name, csv)).toContain(message)
  })

  it('of names are for whoever screens them, and never looked up by the rules', async () => {
    await importList('sanctioned-names', 'name\nÉva  Example\nJohn Doe')
    const document = '{ riskListContent(name: "sanctioned-names") { kind version values } }'
    expect(await dataOf(fixture.rules.schema, asService('profile-service'), document)).toEqual({
      riskListContent: { kind: 'NAMES', version: 1, values: ['John Doe', 'Éva Example'] },
    })
    expect(await codesOf(fixture.rules.schema, staff(), document)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    const [outcome] = await fixture.judge(await fixture.customer(), 1)
    expect(outcome).toBe('APPROVE')
    const { rows } = await fixture.rules.pool.query<{ text: string }>(
      'select string_agg(inputs::text, $1) as text from decisions',
      [' '],
    )
    expect(rows[0]?.text).not.toContain('sanctioned-names')
  })

  it('are imported with the scope alone', async () => {
    const variables = { n: 'some-list', c: 'country\nRU' }
    const reader = asUser(uuidv7(), 'rules:read')
    expect(await codesOf(fixture.rules.schema, reader, IMPORT, variables)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
  })
})
