import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { readPublicApi } from '../src/schema/public-api.ts'
import { SUPERGRAPH, WITH_ONE_MORE_QUERY } from './stand-in/products.ts'

describe('what is published', () => {
  it('is read by graphql-js as it stands, without a directive', () => {
    const { sdl, operations } = readPublicApi(SUPERGRAPH)
    const schema = buildSchema(sdl)
    const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}),
    )
    expect(operations.map(({ target }) => target).sort()).toEqual(fields.sort())
    expect(sdl).not.toMatch(/^[^"]*[ )]@\w/m)
  })

  it('is refused as a whole when a field would be open to everybody', () => {
    const open = WITH_ONE_MORE_QUERY.replace(
      /oneMore: String @join__field\(graph: FOREX\) @requiresScopes\(.*?\)\n/,
      'oneMore: String @join__field(graph: FOREX)\n',
    )
    expect(() => readPublicApi(open)).toThrow('Would be open to everybody: oneMore. Nothing was published.')
  })

  it('is refused when a scope has a name from which API Manager would make an invalid schema', () => {
    const bad = WITH_ONE_MORE_QUERY.replace(
      'oneMore: String @join__field(graph: FOREX) @requiresScopes(scopes: [["forex:read"]])',
      'oneMore: String @join__field(graph: FOREX) @requiresScopes(scopes: [["forex~read"]])',
    )
    expect(() => readPublicApi(bad)).toThrow('API Manager cannot keep a scope named forex~read')
  })
})
