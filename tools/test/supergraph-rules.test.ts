import { describe, expect, it } from 'vitest'
import { composeSupergraph } from '../src/compose-supergraph.ts'
import { readSupergraph, type SupergraphModel } from '../src/supergraph-model.ts'
import {
  eventFieldsNamedLikeSubscriptions,
  namesakesWithoutScope,
  publicRootFields,
  requiredAcrossSubgraphs,
  requiredThoughGuarded,
} from '../src/supergraph-rules.ts'

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@shareable", "@inaccessible", "@authenticated", "@requiresScopes"])`

const needs = (...scopes: string[]): string =>
  `@requiresScopes(scopes: [${scopes.map((scope) => `["${scope}"]`).join(', ')}])`

describe('the rules of the supergraph', () => {
  it('find the root fields that anybody may call, and leave internal ones alone', () => {
    const model = modelOf({
      a: `
        type Query { open: String guarded: String ${needs('a:read')} me: String @authenticated typed: Secret
          internal: String @inaccessible }
        type Secret ${needs('a:read')} { x: String }
        type Mutation { register: Boolean }
        type Subscription { changed: Int }`,
    })
    expect(publicRootFields(model)).toEqual(['Query.open', 'Mutation.register', 'Subscription.changed'])
  })

  it('find a nested field with the name of a root field and not its scope', () => {
    const model = modelOf({
      a: `
        type Query { account: Account ${needs('l:read', 'l:audit')} wallet: Wallet ${needs('w:read')} me: Me @authenticated }
        type Account { id: ID wallet: Wallet }
        type Wallet { account: Account ${needs('l:audit')} }
        type Me { wallet: Wallet ${needs('w:read')} account: Account ${needs('l:write', 'l:read')} me: Me }`,
    })
    expect(namesakesWithoutScope(model)).toEqual([
      'Account.wallet does not carry the scope of Query.wallet: w:read',
      'Me.account does not carry the scope of Query.account: l:read, or l:audit',
    ])
  })

  it('look at a name only among the root fields of the operation that reaches it', () => {
    const model = modelOf({
      a: `
        type Query { sent: String ${needs('a:read')} }
        type Mutation { send: Result ${needs('a:write')} }
        type Result { sent: String send: String }`,
    })
    expect(namesakesWithoutScope(model)).toEqual(['Result.send does not carry the scope of Mutation.send: a:write'])
  })

  it('find what a subscription sends under the name of a subscription', () => {
    const model = modelOf({
      a: `
        type Query { x: Int }
        type Subscription { changed: Event }
        type Event { at: String inner: Inner }
        type Inner { changed: String }`,
    })
    expect(eventFieldsNamedLikeSubscriptions(model)).toEqual(['Inner.changed'])
  })

  it('find what would empty its surroundings when another subgraph is away', () => {
    const model = modelOf({
      wallet: `
        type Query { wallet: Wallet! }
        type Wallet @key(fields: "id") { id: ID! name: String! owner: Profile! }
        type Profile @key(fields: "id", resolvable: false) { id: ID! }`,
      ledger: 'type Wallet @key(fields: "id") { id: ID! balance: String! account: String }',
      profile: 'type Profile @key(fields: "id") { id: ID! name: String! }',
    })
    const homes = { Wallet: 'WALLET', Profile: 'PROFILE' }
    expect(requiredAcrossSubgraphs(model, homes).sort()).toEqual(['Wallet.balance', 'Wallet.owner'])
  })

  it('find what would empty its surroundings when it is refused', () => {
    const model = modelOf({
      a: `
        type Query { entries: [Entry!]! ${needs('l:read')} payment: Payment ${needs('p:read')} }
        type Mutation { send: Payment! ${needs('p:write')} }
        type Entry { transfer: Transfer! ${needs('l:read')} }
        type Transfer { id: ID! }
        type Payment { event: Event! }
        type Event { payment: Payment! ${needs('p:read')} note: String ${needs('p:review')} }`,
    })
    expect(requiredThoughGuarded(model)).toEqual(['Event.payment'])
  })
})

function modelOf(sdls: Readonly<Record<string, string>>): SupergraphModel {
  const subgraphs = Object.entries(sdls).map(([name, sdl]) => ({
    name,
    routingUrl: 'http://localhost:1/graphql',
    file: `${name}.graphql`,
    sdl: `${LINK}\n${sdl}`,
  }))
  return readSupergraph(composeSupergraph({ federationVersion: '2.14.4', subgraphs }).supergraphSdl)
}
