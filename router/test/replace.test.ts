import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codesOf, startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

const ALL = ['profile', 'forex', 'payment'] as const

describe('another supergraph', () => {
  it('is taken without dropping a request, and decides what there is from then on', async () => {
    const token = await world.token('payments:read profile:read')
    const query = '{ payer(id: "a") { id displayName } }'
    const expected = { data: { payer: { id: 'a', displayName: 'Name of a' } } }
    let replaced = false
    const answers: unknown[] = []
    const asking = (async () => {
      while (!replaced) answers.push(...(await Promise.all([1, 2, 3].map(() => world.post(query, { token })))))
    })()
    for (const names of [ALL, ['profile', 'payment'], ALL, ['profile', 'payment']] as const) {
      await world.router.replaceSupergraph(world.supergraphOf(names))
      expect(await world.post(query, { token })).toEqual(expected)
    }
    replaced = true
    await asking
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set([JSON.stringify(expected)]))
    expect(codesOf(await world.post('{ market }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    await world.router.replaceSupergraph(world.supergraphOf(ALL))
    expect(await world.post('{ market }')).toEqual({ data: { market: 'open' } })
  })

  it('that is none is refused, and all stays as it was', async () => {
    await expect(world.router.replaceSupergraph('type Query { market: String }')).rejects.toThrow()
    await expect(world.router.replaceSupergraph('no schema')).rejects.toThrow()
    expect(await world.post('{ market }')).toEqual({ data: { market: 'open' } })
  })
})
