import { describe, expect, it } from 'vitest'
import { asOneList, CallGroup, type CallGroupOptions, Fault, type Turn } from '../src/index.ts'

/** Whoever answers lists of numbers; it answers a list, or fails, when the test says so. */
class Store {
  readonly batches: { readonly numbers: readonly number[]; answer: () => void; fail: (error?: Error) => void }[] = []

  readonly double = (numbers: readonly number[]): Promise<readonly number[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly number[]>()
    const answer = () => resolve(numbers.map((number) => 2 * number))
    this.batches.push({ numbers, answer, fail: (error = new Error('it fails')) => reject(error) })
    return promise
  }

  get sizes(): number[] {
    return this.batches.map((batch) => batch.numbers.length)
  }
}

type Options = Partial<CallGroupOptions<readonly number[], readonly number[]>>

const groupOver = (store: Store, options: Options = {}) =>
  new CallGroup<readonly number[], readonly number[]>({
    span: { service: 'test', name: 'double' },
    answer: asOneList(store.double),
    sizeOf: (numbers) => numbers.length,
    maxSize: 1_000,
    maxSizeBeside: 64,
    ...options,
  })

let last = 0
const numbers = (count: number): number[] => Array.from({ length: count }, () => (last += 1))

/** Until everything that is due in this turn of the event loop is done. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

describe('concurrent calls', () => {
  it('go at once when nothing is under way, those of one turn together, and each gets its own answer', async () => {
    const store = new Store()
    const group = groupOver(store)
    const calls = [group.submit([1]), group.submit([2, 3]), group.submit([])]
    await turn()
    expect(store.sizes).toEqual([3])
    store.batches[0]?.answer()
    expect(await Promise.all(calls)).toEqual([[2], [4, 6], []])
  })

  it('gather while two groups are under way, and leave together in their order when one is done', async () => {
    const store = new Store()
    const group = groupOver(store)
    const asked = Array.from({ length: 20 }, () => numbers(1))
    const calls: Promise<readonly number[]>[] = []
    for (const one of asked) {
      calls.push(group.submit(one))
      await turn()
    }
    expect(store.sizes).toEqual([1, 1])
    store.batches[1]?.answer()
    await turn()
    expect(store.sizes).toEqual([1, 1, 18])
    expect(store.batches.flatMap((batch) => batch.numbers)).toEqual(asked.flat())
    store.batches[0]?.answer()
    store.batches[2]?.answer()
    expect((await Promise.all(calls)).flat()).toEqual(asked.flat().map((number) => 2 * number))
  })

  it('go one group after the other where one at once is asked for', async () => {
    const store = new Store()
    const group = groupOver(store, { groupsAtOnce: 1 })
    const calls = [group.submit([1])]
    await turn()
    calls.push(group.submit([2]))
    await turn()
    expect(store.sizes).toEqual([1])
    store.batches[0]?.answer()
    await turn()
    expect(store.sizes).toEqual([1, 1])
    store.batches[1]?.answer()
    await Promise.all(calls)
  })

  it('do not wait for a large group when they are few; a large one goes when nothing else is under way', async () => {
    const store = new Store()
    const group = groupOver(store)
    const calls = [group.submit(numbers(65))]
    await turn()
    calls.push(group.submit(numbers(1)))
    await turn()
    calls.push(group.submit(numbers(65)))
    await turn()
    expect(store.sizes).toEqual([65, 1])
    store.batches[0]?.answer()
    await turn()
    expect(store.sizes).toEqual([65, 1])
    store.batches[1]?.answer()
    await turn()
    expect(store.sizes).toEqual([65, 1, 65])
    store.batches[2]?.answer()
    await Promise.all(calls)
  })

  it('are never more together than may be, nor pass one that must wait', async () => {
    const store = new Store()
    const group = groupOver(store)
    const calls = [600, 400, 1, 1_000, 1].map((size) => group.submit(numbers(size)))
    for (let n = 0; n < 4; n += 1) {
      await turn()
      for (const batch of store.batches) batch.answer()
    }
    await Promise.all(calls)
    expect(store.sizes).toEqual([1_000, 1, 1_000, 1])
  })

  it('of one key are never under way together', async () => {
    const store = new Store()
    const group = groupOver(store, { keyOf: ([first]) => String(first) })
    const calls = [group.submit([7]), group.submit([7]), group.submit([8])]
    await turn()
    expect(store.batches.map((batch) => batch.numbers)).toEqual([[7, 8]])
    calls.push(group.submit([7]), group.submit([9]))
    await turn()
    expect(store.batches.map((batch) => batch.numbers)).toEqual([[7, 8], [9]])
    store.batches[0]?.answer()
    await turn()
    store.batches[1]?.answer()
    store.batches[2]?.answer()
    await turn()
    store.batches[3]?.answer()
    await Promise.all(calls)
    expect(store.batches.map((batch) => batch.numbers)).toEqual([[7, 8], [9], [7], [7]])
  })

  it('are tried each by itself when their group fails, so that one alone bears what is its own', async () => {
    const store = new Store()
    const group = groupOver(store)
    const settled = Promise.allSettled([group.submit([1]), group.submit([2])])
    await turn()
    store.batches[0]?.fail()
    await turn()
    store.batches[1]?.fail()
    await turn()
    expect(store.batches.map((batch) => batch.numbers)).toEqual([[1, 2], [1], [2]])
    store.batches[2]?.answer()
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })

  it('fail together when what they need is away', async () => {
    const store = new Store()
    const group = groupOver(store)
    const settled = Promise.allSettled([group.submit([1]), group.submit([2])])
    await turn()
    store.batches[0]?.fail(new Fault('SERVICE_UNAVAILABLE', 'It is away.'))
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(store.sizes).toEqual([2])
  })
})

describe('a group that has to wait by itself', () => {
  it('is worked on as soon as the one before is sent, is half of what there is, and goes next', async () => {
    const store = new Store()
    const worked: (readonly number[])[] = []
    const turns: Turn<string>[] = []
    const group = new CallGroup<readonly number[], readonly number[], string>({
      span: { service: 'test', name: 'double' },
      answer: asOneList((list, given: Turn<string>) => {
        turns.push(given)
        return store.double(list)
      }),
      workAhead(lists) {
        worked.push(lists.flat())
        return `${lists.flat().length} worked out`
      },
      sizeOf: (list) => list.length,
      maxSize: 1_000,
      maxSizeBeside: 64,
    })
    const calls = Array.from({ length: 7 }, () => group.submit(numbers(100)))
    await turn()
    calls.push(group.submit(numbers(100)))
    await turn()
    expect(store.sizes).toEqual([300])
    expect(worked).toEqual([])

    turns[0]?.sent()
    await turn()
    calls.push(group.submit(numbers(1)))
    await turn()
    expect(worked.map(({ length }) => length)).toEqual([400])
    expect(store.sizes).toEqual([300])

    store.batches[0]?.answer()
    await turn()
    expect(store.batches[1]?.numbers).toEqual(worked[0])
    expect(turns.map(({ leads, ahead }) => ({ leads, ahead }))).toEqual([
      { leads: true, ahead: null },
      { leads: true, ahead: '400 worked out' },
    ])
    for (let batch = 1; batch < 4; batch += 1) {
      store.batches[batch]?.answer()
      await turn()
    }
    expect((await Promise.all(calls)).flat()).toHaveLength(801)
  })

  it('is tried call by call when it fails, without what was worked out for it', async () => {
    const store = new Store()
    const turns: Turn<string>[] = []
    const group = new CallGroup<readonly number[], readonly number[], string>({
      span: { service: 'test', name: 'double' },
      answer: asOneList((list, given: Turn<string>) => {
        turns.push(given)
        return store.double(list)
      }),
      workAhead: () => 'worked out',
      sizeOf: (list) => list.length,
      maxSizeBeside: 1,
    })
    const calls = Array.from({ length: 4 }, () => group.submit(numbers(2)))
    await turn()
    turns[0]?.sent()
    await turn()
    store.batches[0]?.answer()
    await turn()
    store.batches[1]?.fail()
    for (let batch = 2; batch < 4; batch += 1) {
      await turn()
      store.batches[batch]?.answer()
    }
    await Promise.all(calls)
    expect(turns.map(({ ahead }) => ahead)).toEqual([null, 'worked out', null, null])
  })
})
