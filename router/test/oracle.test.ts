import { parse, validate } from 'graphql'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Compared, ourAnswer, ourExecutor, type Question, stockAnswer, transportOf } from './oracle/answers.ts'
import { operationOf, operationVariables } from './oracle/operations.ts'
import { oracleWorld } from './oracle/subgraphs.ts'

const world = oracleWorld()
let down: ReadonlySet<string> = new Set()
const transport = transportOf(world, () => down)
const executor = ourExecutor(world, transport)
const { schema } = executor.supergraph
beforeEach(() => {
  down = new Set()
  transport.sent.length = 0
})

/** Valid documents of chance; the same at every run. */
function corpus(kind: 'query' | 'mutation', count: number): readonly Question[] {
  const found: Question[] = []
  for (let seed = 1; seed < count * 3 && found.length < count; seed += 1) {
    const text = operationOf(schema, seed, kind)
    if (validate(schema, parse(text)).length === 0) found.push({ text, variables: operationVariables })
  }
  expect(found).toHaveLength(count)
  return found
}

type Answerer = (question: Question) => Promise<Compared>

const ours: Answerer = (question) => ourAnswer(executor, question)
const stock: Answerer = (question) => stockAnswer(executor, transport, question)

/** The answer, and the mutations that ran for it. */
async function answerOf(answer: Answerer, question: Question) {
  world.ran.length = 0
  return { text: question.text, answer: await answer(question), ran: [...world.ran] }
}

/** Where a part is missing because its subgraph is away, ours says so in more places: at every one. */
const withoutPlaces = ({ answer, ...rest }: Awaited<ReturnType<typeof answerOf>>) => ({
  ...rest,
  answer: { ...answer, errors: [...new Set(answer.errors.map((error) => error.split(' ')[0]))] },
})

describe('our executor and the one of Apollo’s gateway', () => {
  it('answer every query alike', async () => {
    for (const question of corpus('query', 250)) {
      expect(await answerOf(ours, question)).toEqual(await answerOf(stock, question))
    }
  })

  it('answer every mutation alike, and run its fields in the same order', async () => {
    for (const question of corpus('mutation', 100)) {
      expect(await answerOf(ours, question)).toEqual(await answerOf(stock, question))
    }
  })

  it('leave the same parts out when subgraphs are away', async () => {
    for (const names of [['money'], ['people', 'reviews'], ['firms']]) {
      down = new Set(names)
      for (const question of corpus('query', 50)) {
        const expected = withoutPlaces(await answerOf(stock, question))
        expect(withoutPlaces(await answerOf(ours, question))).toEqual(expected)
      }
    }
  })
})

const ask = async (text: string): Promise<Compared> => ours({ text, variables: {} })

describe('our executor', () => {
  it('gives fields of a fragment within a fragment on an interface, which the other loses', async () => {
    const text = '{ wallet(id: "p1") { ... on Node { ... on Wallet { limit } } } }'
    expect((await stock({ text, variables: {} })).data).toEqual({ wallet: {} })
    expect((await ask(text)).data).toEqual({ wallet: { limit: expect.any(Number) } })
  })

  it('takes a name that objects inherit for a name like any other', async () => {
    const { data } = await ask('{ strict { __proto__: id constructor: nick toString: boss { hasOwnProperty: id } } }')
    const { strict } = data as { strict: object }
    expect(Object.entries(strict).map(([name]) => name)).toEqual(['__proto__', 'constructor', 'toString'])
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
  })

  it('shows no object of a type that clients may not see', async () => {
    const { data, completed } = await ask('{ search { __typename ... on Node { id } } }')
    const { search } = data as { search: unknown[] }
    expect(search[3]).toBeNull()
    expect(JSON.stringify(data)).not.toContain('Ghost')
    expect(completed).toContain('search.3')
  })

  it('asks a subgraph that knows an interface as an object, and names the real types', async () => {
    const { data } = await ask('{ library { __typename score } }')
    const { library } = data as { library: readonly { __typename: string }[] }
    expect(new Set(library.map(({ __typename }) => __typename))).toEqual(new Set(['Book', 'Film']))
    const [asked] = transport.sent.filter((sent) => sent.startsWith('reviews'))
    expect(asked).toContain('{"__typename":"Media","id":')
  })

  it('asks again for what a mutation may have changed', async () => {
    const { ran } = await answerOf(ours, {
      text: 'mutation { a: rename(id: "p1", name: "x") { debt } b: pay(id: "p2", minor: 5) { owner { id } } c: rename(id: "p1", name: "x") { debt } }',
      variables: {},
    })
    expect(ran).toEqual(['rename {"id":"p1","name":"x"}', 'pay {"id":"p2","minor":5}', 'rename {"id":"p1","name":"x"}'])
    expect(transport.sent.filter((sent) => sent.startsWith('people'))).toHaveLength(2)
  })

  it('says at each field that its subgraph is away', async () => {
    down = new Set(['money'])
    const { data, errors } = await ask(
      '{ person(id: "p1") { id balance } companies { title } wallet(id: "p1") { id } }',
    )
    expect(data).toMatchObject({ wallet: null })
    expect(errors).toEqual(expect.arrayContaining(['SERVICE_UNAVAILABLE person', 'SERVICE_UNAVAILABLE wallet']))
  })
})
