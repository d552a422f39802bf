import { describe, expect, it } from 'vitest'
import type { JournalResult } from '../domain/journal.ts'
import { JournalGroup } from './journal-group.ts'
import type { ReadJournal } from './journal-input.ts'

let count = 0
function journal(): ReadJournal {
  count += 1
  const request = { id: String(count), digest: Buffer.alloc(0), final: false, description: null, transfers: [] }
  return { request, houseAccounts: [] }
}
const journals = (size: number): ReadJournal[] => Array.from({ length: size }, journal)

const resultOf = ({ request }: ReadJournal): JournalResult => ({
  id: request.id,
  status: 'POSTED',
  decidedAt: new Date(0),
})

/** A store whose batches are answered, or fail, when the test says so. */
class Store {
  readonly batches: { readonly journals: readonly ReadJournal[]; answer: () => void; fail: () => void }[] = []

  readonly post = (given: readonly ReadJournal[]): Promise<readonly JournalResult[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly JournalResult[]>()
    const fail = () => reject(new Error('the store is away'))
    this.batches.push({ journals: given, answer: () => resolve(given.map(resultOf)), fail })
    return promise
  }

  get sizes(): number[] {
    return this.batches.map((batch) => batch.journals.length)
  }
}

/** Until everything that is due in this turn of the event loop is done. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

describe('concurrent calls', () => {
  it('go at once when nothing is under way, those of one turn together', async () => {
    const store = new Store()
    const group = new JournalGroup(store.post)
    const calls = [group.submit(journals(1)), group.submit(journals(2))]
    await turn()
    expect(store.sizes).toEqual([3])
    store.batches[0]?.answer()
    expect((await Promise.all(calls)).map((results) => results.length)).toEqual([1, 2])
  })

  it('gather while two batches are under way, and leave together when one is done', async () => {
    const store = new Store()
    const group = new JournalGroup(store.post)
    const calls: Promise<readonly JournalResult[]>[] = []
    for (let n = 0; n < 20; n += 1) {
      calls.push(group.submit(journals(1)))
      await turn()
    }
    expect(store.sizes).toEqual([1, 1])
    store.batches[1]?.answer()
    await turn()
    expect(store.sizes).toEqual([1, 1, 18])
    store.batches[0]?.answer()
    store.batches[2]?.answer()
    const results = (await Promise.all(calls)).flat()
    expect(results.map(({ id }) => id)).toEqual(store.batches.flatMap((b) => b.journals).map((j) => j.request.id))
  })

  it('do not wait for a large batch when they are few; a large one goes when nothing else is under way', async () => {
    const store = new Store()
    const group = new JournalGroup(store.post)
    const calls = [group.submit(journals(65))]
    await turn()
    calls.push(group.submit(journals(1)))
    await turn()
    calls.push(group.submit(journals(65)))
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

  it('are never more than a thousand journals together', async () => {
    const store = new Store()
    const group = new JournalGroup(store.post)
    const calls = [600, 400, 1, 1_000].map((size) => group.submit(journals(size)))
    for (let n = 0; n < 3; n += 1) {
      await turn()
      for (const batch of store.batches) batch.answer()
    }
    await Promise.all(calls)
    expect(store.sizes).toEqual([1_000, 1, 1_000])
  })

  it('are tried each by itself when their batch fails, so that one alone bears what is its own', async () => {
    const store = new Store()
    const group = new JournalGroup(store.post)
    const calls = [group.submit(journals(1)), group.submit(journals(1))]
    const settled = Promise.allSettled(calls)
    await turn()
    store.batches[0]?.fail()
    await turn()
    expect(store.sizes).toEqual([2, 1, 1])
    store.batches[1]?.fail()
    store.batches[2]?.answer()
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })
})
