import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

describe('introspection', () => {
  it.each([
    ['as tools ask for it', {}],
    [
      'with all that tools may ask for',
      { specifiedByUrl: true, directiveIsRepeatable: true, inputValueDeprecation: true, oneOf: true },
    ],
  ])('gives the whole public schema %s', async (_, options) => {
    const { data, errors } = await world.post(getIntrospectionQuery(options), { operationName: 'IntrospectionQuery' })
    expect(errors).toBeUndefined()
    const schema = buildClientSchema(data as unknown as IntrospectionQuery) // As asked for just above.
    expect(schema.getSubscriptionType()?.getFields()).toHaveProperty('rateChanged')
    expect(schema.getType('_Entity')).toBeUndefined()
  })
})
