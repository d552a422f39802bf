import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, type GraphQLSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { composeSupergraph } from '../src/compose-supergraph.ts'
import { apiSchemaOf, compareWithContract, scopesOfTable } from '../src/contract.ts'
import { ROOT } from '../src/root.ts'
import { OPERATIONS, readSupergraph } from '../src/supergraph-model.ts'
import { presentSupergraph } from './present-supergraph.ts'

/** What clients were promised lies beside the repository, where it is there at all. */
const SHARED = join(ROOT, '..', 'shared')
const thereIsAContract = existsSync(SHARED)
const orWhyNot = thereIsAContract ? '' : ' (skipped: ../shared is absent)'

describe.skipIf(!thereIsAContract)(`the contract with clients${orWhyNot}`, () => {
  const promised = (file: string): string => readFileSync(join(SHARED, 'contract', file), 'utf8')

  it('is kept by every field there is', () => {
    const { broken, missing } = compareWithContract(
      buildSchema(promised('api.graphql')),
      apiSchemaOf(presentSupergraph()),
    )
    if (missing.length > 0) console.log(`Of the contract there is not yet:\n  ${missing.join('\n  ')}`)
    expect(broken).toEqual([])
  })

  it('is kept by the scope of every field in the table, and of every root field', () => {
    const { fields } = readSupergraph(presentSupergraph())
    const expected = scopesOfTable(promised('scopes.md'))
    const roots = OPERATIONS.flatMap((operation) => fields.get(operation) ?? []).map((field) => ({
      ...field,
      row: field.name,
    }))
    const nested = [...fields.values()].flat().map((field) => ({ ...field, row: field.coordinate }))
    const actual = [...roots, ...nested.filter(({ row }) => expected.has(row))].map(({ row, guarded, scopes }) => ({
      row,
      opensWith: scopes?.map((list) => list.join(' and ')) ?? [guarded ? 'a token' : 'nothing'],
    }))
    expect(actual.length).toBeGreaterThan(0)
    const other = actual.filter(({ row, opensWith }) => !opensWith.includes(expected.get(row) ?? 'not in the table'))
    expect(other).toEqual([])
  })
})

describe('the comparison with a contract', () => {
  const contract = `
    enum Kind { A B }
    type Item { id: ID! kind: Kind! name: String later: Later }
    type Later { id: ID! }
    input Filter { kind: Kind name: String }
    type Query { items(first: Int = 20, filter: Filter): [Item!]! soon: Later }`

  it('takes what is missing as missing, and additions as nothing', () => {
    const api = `
      enum Kind { A C }
      type Item { id: ID! kind: Kind! name: String! more: Int }
      input Filter { kind: Kind other: Int }
      type Query { items(first: Int = 20, filter: Filter, other: Int): [Item!]! extra: Int }`
    expect(compareWithContract(buildSchema(contract), buildSchema(api))).toEqual({
      broken: [],
      missing: [
        'Later was removed.',
        'B was removed from enum type Kind.',
        'Item.later was removed.',
        'Filter.name was removed.',
        'Query.soon was removed.',
      ],
    })
  })

  it.each([
    ['a field that may now be null', 'items(first: Int = 20, filter: Filter): [Item]!'],
    ['an argument that is gone', 'items(first: Int = 20): [Item!]!'],
    ['an argument of another type', 'items(first: String, filter: Filter): [Item!]!'],
    ['an argument that must be given', 'items(first: Int = 20, filter: Filter, new: Int!): [Item!]!'],
    ['another default', 'items(first: Int = 10, filter: Filter): [Item!]!'],
  ])('finds %s', (_what, field) => {
    const api = contract.replace('items(first: Int = 20, filter: Filter): [Item!]!', field)
    expect(compareWithContract(buildSchema(contract), buildSchema(api)).broken).toHaveLength(1)
  })

  it('is made with what clients see: nothing internal, and no directive of federation', () => {
    const api = apiSchema(`
      type Query { open: Secret internal: Internal @inaccessible }
      type Secret { id: ID! hidden: Int @inaccessible }
      type Internal @inaccessible { id: ID! }`)
    expect(Object.keys(api.getQueryType()?.getFields() ?? {})).toEqual(['open'])
    expect(api.getType('Internal')).toBeUndefined()
    expect(api.getDirective('join__field')).toBeUndefined()
  })
})

describe('the table of scopes', () => {
  it('is read with whole fields, root and nested, and nothing that only explains', () => {
    const table = `
      | scope | root fields it opens |
      | --- | --- |
      | a token, no scope | \`me\` |
      | nothing | \`registerProfile\` |
      | \`ledger:read\` | \`account\`, \`latestBlock\` (a customer: of own wallets) |
      | \`ledger:audit\` | \`trialBalance\`; any account; \`Invariant.detail\` |

      | role | scopes |
      | --- | --- |
      | \`user\` | reads |`
    expect(Object.fromEntries(scopesOfTable(table))).toEqual({
      me: 'a token',
      registerProfile: 'nothing',
      account: 'ledger:read',
      latestBlock: 'ledger:read',
      trialBalance: 'ledger:audit',
      'Invariant.detail': 'ledger:audit',
    })
  })
})

function apiSchema(sdl: string): GraphQLSchema {
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])`
  const subgraph = { name: 'a', routingUrl: 'http://localhost:1/graphql', file: 'a.graphql', sdl: `${link}\n${sdl}` }
  return apiSchemaOf(composeSupergraph({ federationVersion: '2.14.4', subgraphs: [subgraph] }).supergraphSdl)
}
