import type { FetchNode, PlanNode } from '@apollo/query-planner'
import { Fault } from '@corridor/platform'
import { buildSchema, type OperationTypeNode } from 'graphql'
import { describe, expect, it } from 'vitest'
import { ANONYMOUS_CONTEXT } from '../../test/anonymous-context.ts'
import { compilePlan, type PlanRun } from './compile-plan.ts'
import type { JsonObject } from './json.ts'
import { openRequests, type Transport } from './transport.ts'
import { TypeIndex } from './type-index.ts'

const types = new TypeIndex(
  buildSchema('interface Media { id: ID! } type Book implements Media { id: ID! } type Query { a: Int }'),
)

/** A subgraph that answers each request with the next of `answers`; an error is one that did not come. */
function subgraph(...answers: (unknown | Error)[]): Transport & { readonly bodies: string[] } {
  const bodies: string[] = []
  return {
    bodies,
    async send(_name, body) {
      bodies.push(body)
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer instanceof Error) throw answer
      return typeof answer === 'string' ? answer : JSON.stringify(answer)
    },
  }
}

async function run(node: PlanNode, transport: Transport, data: JsonObject = {}, isQuery = true): Promise<PlanRun> {
  const planRun: PlanRun = {
    data,
    errors: [],
    variables: { given: 1 },
    coerced: { given: 1, yes: true, no: false },
    requests: openRequests(transport, ANONYMOUS_CONTEXT, isQuery),
    shared: new Map(),
  }
  await compilePlan(node, types)(planRun)
  return planRun
}

const fetchOf = (operation: string, more: Partial<FetchNode> = {}): FetchNode => ({
  kind: 'Fetch',
  serviceName: 'books',
  operation,
  operationName: undefined,
  operationKind: 'query' as OperationTypeNode,
  ...more,
})

const byId = (typename: string): NonNullable<FetchNode['requires']> => [
  {
    kind: 'InlineFragment',
    typeCondition: typename,
    selections: [
      { kind: 'Field', name: '__typename' },
      { kind: 'Field', name: 'id' },
    ],
  },
]

const ofEntities = (more: Partial<FetchNode> = {}): PlanNode => ({
  kind: 'Flatten',
  path: ['list', '@'],
  node: fetchOf('query($representations: [_Any!]!) { _entities(representations: $representations) { title } }', {
    requires: byId('Book'),
    ...more,
  }),
})

const book = (id: string): JsonObject => ({ __typename: 'Book', id })
const representations = (body: string | undefined): unknown => JSON.parse(body ?? '{}').variables.representations

describe('entities', () => {
  it('that are the same are asked for once, and all their places get the answer', async () => {
    const source = subgraph({ data: { _entities: [{ title: 'A', by: { name: 'x' } }, null] } })
    const { data } = await run(ofEntities(), source, { list: [book('a'), null, book('b'), book('a'), { id: 'c' }] })
    expect(representations(source.bodies[0])).toEqual([book('a'), book('b')])
    const a = { ...book('a'), title: 'A', by: { name: 'x' } }
    expect(data).toEqual({ list: [a, null, book('b'), a, { id: 'c' }] })
  })

  it('that are nothing but the same become one object, and others stay what they are', async () => {
    const more = { ...book('b'), pages: 2 }
    const list = [book('a'), book('b'), book('a'), more, book('b')]
    const source = subgraph({ data: { _entities: [{ title: 'A' }, { title: 'B' }] } })
    const { data, shared } = await run(ofEntities(), source, { list })
    const found = data.list as JsonObject[]
    expect(found[2]).toBe(found[0])
    expect(found[4]).toBe(found[1])
    expect(found[3]).toEqual({ ...more, title: 'B' })
    expect(found[1]).toEqual({ ...book('b'), title: 'B' })
    expect([...shared.keys()]).toEqual([found[0], found[1]])
  })

  it('have their errors at every place where they stand', async () => {
    const error = { message: 'No.', path: ['_entities', 0, 'title'], extensions: { code: 'NOT_FOUND' } }
    const source = subgraph({ data: { _entities: [{ title: null }, {}] }, errors: [error, { message: 'All.' }] })
    const { errors } = await run(ofEntities(), source, { list: [null, book('a'), book('b'), book('a')] })
    expect(errors.map(({ message, path }) => [message, path])).toEqual([
      ['No.', ['list', 1, 'title']],
      ['No.', ['list', 3, 'title']],
      ['All.', undefined],
    ])
  })

  it('of two places are asked for in one request, and no place gets an object of the other', async () => {
    const at = (name: string): PlanNode => ({ ...ofEntities(), path: [name] }) as PlanNode
    const source = subgraph({
      data: { _entities: [{ by: {} }, { by: { name: 'x' } }] },
      errors: [{ message: 'No.', path: ['_entities', 1, 'title'] }],
    })
    const node: PlanNode = { kind: 'Parallel', nodes: [at('one'), at('two'), at('three')] }
    const { data, errors } = await run(node, source, { one: book('a'), two: book('b'), three: book('b') })
    expect(source.bodies).toHaveLength(1)
    expect(representations(source.bodies[0])).toEqual([book('a'), book('b')])
    expect(errors.map(({ path }) => path)).toEqual([
      ['two', 'title'],
      ['three', 'title'],
    ])
    const [two, three] = [data.two, data.three] as { by: object }[]
    expect(three).toEqual({ ...book('b'), by: { name: 'x' } })
    expect(two?.by).not.toBe(three?.by)
  })

  it('are not asked for when none is there', async () => {
    const source = subgraph(new Fault('SERVICE_UNAVAILABLE', 'down'))
    expect((await run(ofEntities(), source, { list: [null, { __typename: 'Other', id: 'a' }] })).errors).toEqual([])
    expect(source.bodies).toEqual([])
  })

  it('are renamed on the way to a subgraph, and their fields on the way back', async () => {
    const source = subgraph({ data: { _entities: [{ __typename: 'Book', title__alias: 'A' }] } })
    const node = ofEntities({
      inputRewrites: [{ kind: 'ValueSetter', path: ['... on Book', '__typename'], setValueTo: 'Media' }],
      outputRewrites: [{ kind: 'KeyRenamer', path: ['... on Media', 'title__alias'], renameKeyTo: '__proto__' }],
    })
    const { data } = await run(node, source, { list: [book('a')] })
    expect(representations(source.bodies[0])).toEqual([{ __typename: 'Media', id: 'a' }])
    const [found] = data.list as object[]
    expect(Object.getOwnPropertyDescriptor(found, '__proto__')?.value).toBe('A')
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype)
  })
})

describe('a subgraph', () => {
  it('that is away, or answers nonsense, is an error at each of its places', async () => {
    const nonsense: (unknown | Error)[] = [
      new Fault('SERVICE_UNAVAILABLE', 'down'),
      'no JSON',
      '[]',
      '{"hello":1}',
      { data: { _entities: 5 } },
      { data: { _entities: [{}, {}] } },
    ]
    for (const answer of nonsense) {
      const { errors } = await run(ofEntities(), subgraph(answer), { list: [book('a'), book('a')] })
      expect(errors.map(({ path, extensions }) => [path, extensions?.code])).toEqual([
        [['list', 0], 'SERVICE_UNAVAILABLE'],
        [['list', 1], 'SERVICE_UNAVAILABLE'],
      ])
    }
    const roots = fetchOf('query { a ... on Query @skip(if: $no) { b: c } ...F } fragment F on Query { d }')
    const { errors } = await run(roots, subgraph('nonsense'))
    expect(errors.map(({ path }) => path)).toEqual([['a'], ['b'], ['d']])
  })

  it('is asked an equal question of a query once, of a mutation each time', async () => {
    const twice: PlanNode = {
      kind: 'Parallel',
      nodes: ['Q__books__0', 'Q__books__1'].map((operationName) =>
        fetchOf(`query ${operationName}($given: Int) { a(given: $given) }`, {
          operationName,
          variableUsages: ['given', 'absent'],
        }),
      ),
    }
    const source = subgraph({ data: { a: 1 } })
    await run(twice, source)
    expect(source.bodies).toEqual(['{"query":"query($given: Int) { a(given: $given) }","variables":{"given":1}}'])
    await run(twice, source, {}, false)
    expect(source.bodies).toHaveLength(3)
  })

  it('is asked behind a condition only when that holds', async () => {
    const ask = (condition: string, clause: 'ifClause' | 'elseClause'): PlanNode => ({
      kind: 'Condition',
      condition,
      [clause]: fetchOf('query { a }'),
    })
    const source = subgraph({ data: { a: 1 } })
    for (const [condition, clause, asked] of [
      ['yes', 'ifClause', true],
      ['yes', 'elseClause', false],
      ['no', 'ifClause', false],
      ['no', 'elseClause', true],
    ] as const) {
      expect((await run(ask(condition, clause), source)).data).toEqual(asked ? { a: 1 } : {})
    }
  })
})
