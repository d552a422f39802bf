import { asUser, dataOf, testClock } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { move, TestBooks } from './books.ts'

interface Entry {
  readonly sequence: string
  readonly at: string
  readonly balanceAfter: { readonly amount: string }
}
interface Page {
  readonly edges: readonly { readonly node: Entry; readonly cursor: string }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

const AUDITOR = asUser('00000000-0000-4000-8000-000000000013', 'ledger:read', 'ledger:audit')
const STEPS_MS = [1_000, 0, 0, 5, -3_000, 0, 60_000, 1, 0, 86_400_000]

const clock = testClock()
let books: TestBooks
let account: string
/** All entries of the account, oldest first. */
let history: Entry[]
beforeAll(async () => {
  books = await TestBooks.open({ clock })
  account = await books.wallet()
  for (const [index, byMs] of [...STEPS_MS, ...STEPS_MS, ...STEPS_MS].entries()) {
    clock.advanceMs(byMs)
    await books.post([move('settlement.sandbox', account, BigInt(100 + index))])
  }
  history = (await page({ first: 100 })).edges.map(({ node }) => node).toReversed()
})
afterAll(() => books.close())

async function page(variables: Record<string, unknown>): Promise<Page> {
  const document = `query ($id: ID!, $first: Int, $after: String, $from: DateTime, $to: DateTime) {
    account(id: $id) { entries(first: $first, after: $after, from: $from, to: $to) {
      edges { cursor node { sequence at balanceAfter { amount } } } pageInfo { hasNextPage endCursor } } } }`
  const data = await dataOf<{ account: { entries: Page } }>(books.ledger.schema, AUDITOR, document, {
    id: account,
    ...variables,
  })
  return data.account.entries
}

async function balanceAt(at: string): Promise<string> {
  const document = 'query ($id: ID!, $at: DateTime!) { account(id: $id) { balanceAt(at: $at) { amount } } }'
  const data = await dataOf<{ account: { balanceAt: { amount: string } } }>(books.ledger.schema, AUDITOR, document, {
    id: account,
    at,
  })
  return data.account.balanceAt.amount
}

/** Every instant at which something was posted, and the milliseconds beside it. */
const instants = (): string[] => {
  const around = history.flatMap(({ at }) => [-1, 0, 1].map((ms) => new Date(Date.parse(at) + ms).toISOString()))
  return [...new Set(around)]
}

describe('the history of an account', () => {
  it('is in the order of its times, though the clock went back', () => {
    expect(history.map(({ sequence }) => Number(sequence))).toEqual(history.map((_, index) => index + 1))
    expect(history.map(({ at }) => at)).toEqual(history.map(({ at }) => at).toSorted())
  })

  it('says the balance at any instant: what the newest entry up to then left', async () => {
    for (const instant of instants()) {
      const newest = history.findLast(({ at }) => at <= instant)
      expect(await balanceAt(instant), instant).toBe(newest?.balanceAfter.amount ?? '0.00')
    }
  })

  it('is given from an instant on, and up to another without it', async () => {
    const all = instants()
    for (const from of all.filter((_, index) => index % 3 === 0)) {
      for (const to of all.filter((_, index) => index % 5 === 0)) {
        const expected = history.filter(({ at }) => at >= from && at < to).map(({ sequence }) => sequence)
        const given = (await page({ first: 100, from, to })).edges.map(({ node }) => node.sequence)
        expect(given.toReversed(), `${from} to ${to}`).toEqual(expected)
      }
    }
  })

  it('is read page by page, each entry once, while more is posted', async () => {
    const seen: string[] = []
    let after: string | null = null
    for (let more = true; more; ) {
      const { edges, pageInfo }: Page = await page({ first: 7, after })
      seen.push(...edges.map(({ node }) => node.sequence))
      await books.post([move('settlement.sandbox', account, 1n)])
      more = pageInfo.hasNextPage
      after = pageInfo.endCursor
    }
    expect(seen).toEqual(history.map(({ sequence }) => sequence).toReversed())
  })
})
