import { describe, expect, it } from 'vitest'
import { composeSupergraph } from '../src/compose-supergraph.ts'
import { ROOT } from '../src/root.ts'
import { CompositionProblems, readSupergraphEntries, type SubgraphSource } from '../src/supergraph-config.ts'

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes"])`
const FEDERATION = '2.14.4'

const wallet = subgraph(
  'wallet',
  'type Query { wallet: Wallet }\ntype Wallet @key(fields: "id") { id: ID! name: String! }',
)
const ledger = subgraph(
  'ledger',
  'type Wallet @key(fields: "id") { id: ID! balance: String @requiresScopes(scopes: [["a:b"]]) }',
)

describe('composing', () => {
  it('joins the subgraphs, whatever their order, into the same text', () => {
    const one = composeSupergraph({ federationVersion: FEDERATION, subgraphs: [wallet, ledger] })
    const other = composeSupergraph({ federationVersion: FEDERATION, subgraphs: [ledger, wallet] })
    expect(one.supergraphSdl).toContain(
      'balance: String @join__field(graph: LEDGER) @requiresScopes(scopes: [["a:b"]])',
    )
    expect(one.supergraphSdl).toContain('LEDGER @join__graph(name: "ledger", url: "http://localhost:1/graphql")')
    expect(other).toEqual(one)
  })

  it('names the code and every place of an error', () => {
    const twice = subgraph('ledger', 'type Wallet @key(fields: "id") {\n  id: ID!\n  name: String!\n}')
    expect(problemsOf([wallet, twice])).toEqual([
      expect.stringMatching(/^INVALID_FIELD_SHARING: .*\n {4}at ledger\.graphql:4\n {4}at wallet\.graphql:3$/),
    ])
  })

  it('names file and line of what does not parse', () => {
    expect(problemsOf([wallet, subgraph('ledger', 'type Wallet {')])).toEqual([
      expect.stringMatching(/^Syntax Error: .*\n {4}at ledger\.graphql:2$/),
    ])
  })

  it('refuses to compose for another version than the one installed', () => {
    expect(() => composeSupergraph({ federationVersion: '2.9.0', subgraphs: [wallet] })).toThrow(
      /asks for federation 2\.9\.0/,
    )
  })
})

describe('supergraph.yaml', () => {
  it('names the six subgraphs by the ports they listen on', () => {
    const { subgraphs } = readSupergraphEntries(ROOT)
    expect(subgraphs.map(({ name, routingUrl }) => `${name} ${routingUrl}`)).toEqual([
      'forex http://localhost:8001/graphql',
      'ledger http://localhost:8002/graphql',
      'payment http://localhost:8003/graphql',
      'profile http://localhost:8004/graphql',
      'rule-engine http://localhost:8005/graphql',
      'wallet http://localhost:8006/graphql',
    ])
  })
})

function subgraph(name: string, sdl: string): SubgraphSource {
  return { name, routingUrl: 'http://localhost:1/graphql', file: `${name}.graphql`, sdl: `${LINK}\n${sdl}` }
}

function problemsOf(subgraphs: readonly SubgraphSource[]): readonly string[] {
  try {
    composeSupergraph({ federationVersion: FEDERATION, subgraphs })
  } catch (error) {
    if (error instanceof CompositionProblems) return error.problems
    throw error
  }
  return []
}
