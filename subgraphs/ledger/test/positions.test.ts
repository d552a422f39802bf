import { asService, asUser, codesOf, dataOf } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hold, move, TestBooks } from './books.ts'

let books: TestBooks
beforeAll(async () => {
  books = await TestBooks.open()
})
afterAll(() => books.close())

describe('the positions of the house', () => {
  const POSITIONS = '{ housePositions { currency postedMinor heldMinor incomingMinor } }'

  it('say what conversions left and what held ones will take and bring, to forex alone', async () => {
    const [payer, payee] = [await books.wallet('USD', 10_000n), await books.wallet('INR')]
    const inr = (amountMinor: bigint) => ['fx.position', payee, amountMinor, 'INR'] as const
    await books.post([move(payer, 'fx.position', 1_000n), move(...inr(83_000n))])
    await books.post([hold(payer, 'fx.position', 200n), hold(...inr(16_600n))])
    const { housePositions } = await dataOf<{ housePositions: object[] }>(
      books.ledger.schema,
      asService('forex-service'),
      POSITIONS,
    )
    expect(housePositions).toEqual([
      { currency: 'INR', postedMinor: '-83000', heldMinor: '16600', incomingMinor: '0' },
      { currency: 'USD', postedMinor: '1000', heldMinor: '0', incomingMinor: '200' },
    ])
    for (const other of [asService('payment-service'), asUser(payer, 'ledger:audit')]) {
      expect(await codesOf(books.ledger.schema, other, POSITIONS)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    }
  })
})
