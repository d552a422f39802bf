import { buildSchema, graphqlSync } from 'graphql'
import { describe, expect, it } from 'vitest'
import { withoutValues } from './without-values.ts'

const schema = buildSchema(`
  enum Way { BANK CASH }
  input Person { name: String! age: Int way: Way }
  type Query { register(person: Person, names: [String!]): Boolean }`)
const CANARY = 'canary at "x.y"; of gold'

const messagesOf = (source: string, variableValues: Record<string, unknown> = {}): string[] =>
  (graphqlSync({ schema, source, variableValues }).errors ?? []).map(({ message }) => message)

describe('the message of an input that is not of its type', () => {
  const query = 'query ($p: Person, $n: [String!]) { register(person: $p, names: $n) }'

  it.each([
    ['a list for a text', { p: { name: [CANARY] } }, 'Variable "$p" has an invalid value at "p.name".'],
    ['a number too large', { p: { name: '', age: CANARY } }, 'Variable "$p" has an invalid value at "p.age".'],
    ['no member of an enum', { p: { name: '', way: CANARY } }, 'Variable "$p" has an invalid value at "p.way".'],
    ['a field that there is not', { p: { name: '', [CANARY]: 1 } }, 'Variable "$p" has an invalid value.'],
    ['a text for an object', { p: CANARY }, 'Variable "$p" has an invalid value.'],
    ['an item of a list', { n: ['a', { b: CANARY }] }, 'Variable "$n" has an invalid value at "n[1]".'],
  ])('names the place and not the value: %s', (_what, variables, expected) => {
    const messages = messagesOf(query, variables)
    expect(messages.join()).toContain('canary')
    expect(messages.map(withoutValues)).toEqual([expected])
  })

  it.each([
    '{ register(person: { name: ["canary"] }) }',
    '{ register(person: { name: "", age: "canary" }) }',
    '{ register(person: { name: "", way: "canary" }) }',
    '{ register(person: { name: "", way: canary }) }',
    '{ register(person: "canary") }',
  ])('names no literal either: %s', (source) => {
    const messages = messagesOf(source)
    expect(messages.join()).toContain('canary')
    expect(messages.map(withoutValues).join()).not.toContain('canary')
  })

  it('is left alone where it says something else', () => {
    const message = 'Cannot query field "registr" on type "Query". Did you mean "register"?'
    expect(withoutValues(message)).toBe(message)
  })
})
