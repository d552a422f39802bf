import { emitSdl, encodeCursor } from '@corridor/subgraph'
import { asService, asUser, codesOf, dataOf } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hold, move, TestBooks } from './books.ts'

let books: TestBooks
beforeAll(async () => {
  books = await TestBooks.open()
})
afterAll(() => books.close())

const ownerOf = async (id: string): Promise<string> =>
  (await books.ledger.pool.query('select owner from accounts where id = $1', [id])).rows[0].owner

describe('the schema', () => {
  it('is the committed one', async () => {
    await expect(emitSdl(books.ledger.schema)).toMatchFileSnapshot('../schema.graphql')
  })

  it('shows an account with its entries to its owner and to an auditor, and to nobody else', async () => {
    const [from, to] = [await books.wallet('USD', 1_234n), await books.wallet()]
    await books.post([move(from, to, 34n)])
    const document = `query ($id: ID!) { account(id: $id) { posted { amount currency } available { amount }
      entries(first: 1) { edges { node { direction balanceAfter { amount } transfer { state debitAccountCode creditAccount { id } } } }
        pageInfo { hasNextPage endCursor } } } }`
    const owner = asUser(await ownerOf(from), 'ledger:read')
    const seen = await dataOf<{ account: Record<string, unknown> }>(books.ledger.schema, owner, document, { id: from })
    expect(seen.account).toMatchObject({
      posted: { amount: '12.00', currency: 'USD' },
      entries: {
        edges: [
          {
            node: {
              direction: 'DEBIT',
              balanceAfter: { amount: '12.00' },
              transfer: { state: 'POSTED', debitAccountCode: 'customer.wallet', creditAccount: null },
            },
          },
        ],
        pageInfo: { hasNextPage: true },
      },
    })
    const auditor = asUser('00000000-0000-4000-8000-000000000013', 'ledger:read', 'ledger:audit')
    expect(await dataOf(books.ledger.schema, auditor, document, { id: from })).toMatchObject({ account: {} })
    // Who administers wallets sees their accounts, and so what moved on them.
    const admin = asUser('00000000-0000-4000-8000-000000000011', 'ledger:read', 'wallets:admin')
    expect(await dataOf(books.ledger.schema, admin, document, { id: from })).toMatchObject({
      account: { entries: { edges: [{ node: { transfer: { state: 'POSTED' } } }] } },
    })
    const stranger = asUser(await ownerOf(to), 'ledger:read')
    expect(await dataOf(books.ledger.schema, stranger, document, { id: from })).toEqual({ account: null })
    expect(await codesOf(books.ledger.schema, asUser(await ownerOf(from)), document, { id: from })).toEqual([
      'UNAUTHORIZED_FIELD_OR_TYPE',
    ])
  })

  it('refuses a cursor of another list by name', async () => {
    const id = await books.wallet()
    const owner = asUser(await ownerOf(id), 'ledger:read')
    const [ofNothing, ofNumber] = [encodeCursor('everything'), encodeCursor(10n ** 20n)]
    for (const after of [ofNothing, ofNumber]) {
      const ACCOUNTS = 'query ($after: String) { accounts(after: $after) { edges { cursor } } }'
      expect(await codesOf(books.ledger.schema, owner, ACCOUNTS, { after })).toEqual(['BAD_USER_INPUT'])
      const ENTRIES =
        'query ($id: ID!, $after: String) { account(id: $id) { entries(after: $after) { edges { cursor } } } }'
      expect(await codesOf(books.ledger.schema, owner, ENTRIES, { id, after })).toEqual(['BAD_USER_INPUT'])
    }
  })

  it('opens its write path to services alone', async () => {
    const document = 'mutation { retireJournals(ids: []) { id } }'
    expect(await codesOf(books.ledger.schema, asService('router'), document)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    expect(await codesOf(books.ledger.schema, asService('payment-processor'), document)).toEqual([])
  })

  it('reads a hundred wallets with their balances in one statement', async () => {
    const ids = await Promise.all(Array.from({ length: 100 }, () => books.wallet()))
    const statements: unknown[] = []
    const { pool } = books.ledger
    const query = pool.query.bind(pool)
    pool.query = ((...given: unknown[]) => {
      statements.push(given[0])
      return (query as (...given: unknown[]) => unknown)(...given)
    }) as typeof pool.query
    const staff = asUser('00000000-0000-4000-8000-000000000011', 'wallets:admin')
    const { _entities } = await dataOf<{ _entities: { balance: object }[] }>(
      books.ledger.schema,
      staff,
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Wallet { balance { available { amount } } } } }',
      { r: ids.map((id) => ({ __typename: 'Wallet', id })) },
    )
    pool.query = query
    expect(_entities.every(({ balance }) => balance !== null)).toBe(true)
    expect(statements).toHaveLength(1)
  })

  it('balances in every currency, now and at any time before', async () => {
    const [usd, jpy] = [await books.wallet('USD', 5n), await books.wallet('JPY', 7n)]
    await books.post([hold(usd, 'settlement.sandbox', 5n)])
    const auditor = asUser('00000000-0000-4000-8000-000000000013', 'ledger:audit')
    for (const at of [null, new Date().toISOString()]) {
      const { trialBalance } = await dataOf<{ trialBalance: { currency: string; balanced: boolean }[] }>(
        books.ledger.schema,
        auditor,
        'query ($at: DateTime) { trialBalance(at: $at) { currency debits credits balanced } }',
        { at },
      )
      expect(trialBalance.every(({ balanced }) => balanced)).toBe(true)
      expect(trialBalance.map(({ currency }) => currency)).toContain('JPY')
    }
    expect(jpy).toBeDefined()
  })

  it('shows every invariant to hold', async () => {
    const { ledgerInvariants } = await dataOf<{ ledgerInvariants: { holds: boolean }[] }>(
      books.ledger.schema,
      asUser('00000000-0000-4000-8000-000000000001'),
      '{ ledgerInvariants { name holds rowsChecked checkedAt } }',
    )
    expect(ledgerInvariants.length).toBeGreaterThan(0)
    expect(ledgerInvariants.every(({ holds }) => holds)).toBe(true)
  })
})
