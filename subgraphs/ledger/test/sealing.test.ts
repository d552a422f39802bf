import { systemClock, uuidv7 } from '@corridor/platform'
import { asUser, codesOf, dataOf } from '@corridor/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leafHash, rootOfPath } from '../src/domain/merkle.ts'
import { hashOfBlock, SealVerifier } from '../src/domain/sealed-block.ts'
import { type LedgerSealer, LedgerUseCases } from '../src/index.ts'
import { capture, hold, move, TestBooks } from './books.ts'
import { holdingCommits, sealerOf } from './sealed-books.ts'

let books: TestBooks
let sealer: LedgerSealer
beforeAll(async () => {
  books = await TestBooks.open()
  sealer = sealerOf(books)
})
afterAll(async () => {
  await sealer.stop()
  await books.close()
})

const AUDITOR = asUser('00000000-0000-4000-8000-000000000013', 'ledger:read', 'ledger:audit')
const SEAL = 'seal { block index size leaf leafHash path root blockHash previousBlockHash signature sealedAt }'

interface Seal {
  readonly block: string
  readonly index: number
  readonly size: number
  readonly leaf: string
  readonly leafHash: string
  readonly path: readonly string[]
  readonly root: string
  readonly blockHash: string
  readonly previousBlockHash: string
  readonly signature: string
  readonly sealedAt: string
}

async function sealsOf(ids: readonly string[]): Promise<(Seal | null)[]> {
  const { _entities } = await dataOf<{ _entities: ({ seal: Seal | null } | null)[] }>(
    books.ledger.schema,
    AUDITOR,
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Transfer { ${SEAL} } } }`,
    { r: ids.map((id) => ({ __typename: 'Transfer', id })) },
  )
  return _entities.map((transfer) => transfer?.seal ?? null)
}

/** Checks a seal by what it says alone, as a client would. */
function expectProof(seal: Seal | null, transferId: string): asserts seal is Seal {
  expect(seal).not.toBeNull()
  if (!seal) throw new Error('no seal')
  const leaf = Buffer.from(seal.leaf, 'hex')
  expect(JSON.parse(leaf.toString('utf8'))).toMatchObject({ id: transferId })
  expect(leafHash(leaf).toString('hex')).toBe(seal.leafHash)
  const path = seal.path.map((each) => Buffer.from(each, 'hex'))
  const root = rootOfPath({ leafHash: leafHash(leaf), index: seal.index, size: seal.size, path })
  expect(root && Buffer.from(root).toString('hex')).toBe(seal.root)
  const header = { ...seal, number: BigInt(seal.block), sealedAt: new Date(seal.sealedAt) }
  expect(hashOfBlock(header)).toBe(seal.blockHash)
}

const verifiers = async (): Promise<SealVerifier[]> => {
  const { rows } = await books.ledger.pool.query('select public_jwk as jwk from sealing_keys')
  return rows.map(({ jwk }) => SealVerifier.of(jwk))
}

describe('sealing', () => {
  it('gives every transfer a proof that holds without the ledger, in a signed chain', async () => {
    const [from, to] = [await books.wallet('USD', 500n), await books.wallet()]
    const moves = Array.from({ length: 7 }, (_, n) => move(from, to, BigInt(n + 1)))
    const pending = hold(from, to, 50n, 'USD', new Date(Date.now() + 60_000))
    await books.post([...moves, pending])
    expect(await sealsOf([moves[0]?.id ?? ''])).toEqual([null])
    await sealer.sealWaiting()
    const resolution = capture(pending.id, 20n)
    await books.post([resolution])
    await sealer.sealWaiting()

    const ids = [...moves, pending, resolution].map(({ id }) => id)
    const seals = await sealsOf(ids)
    for (const [index, seal] of seals.entries()) expectProof(seal, ids[index] ?? '')
    const newest = seals.at(-1)
    expect(newest?.previousBlockHash).toBe(seals[0]?.blockHash)

    const { latestBlock } = await dataOf<{ latestBlock: Seal & { number: string } }>(
      books.ledger.schema,
      AUDITOR,
      '{ latestBlock { number size root blockHash previousBlockHash signature sealedAt } }',
    )
    expect(latestBlock).toMatchObject({ number: newest?.block, blockHash: newest?.blockHash, size: 1 })
    const [key] = await verifiers()
    expect(seals.every((seal) => seal && key?.signed(seal))).toBe(true)
  })

  it('writes a leaf in one way, as RFC 8785 does, with all that its transfer says', async () => {
    const [from, to] = [await books.wallet('USD', 500n), await books.wallet()]
    const controls = Array.from({ length: 31 }, (_, n) => String.fromCharCode(n + 1)).join('')
    const description = `"\\/ ${controls}\u007f\u2028 é “May” 🧾`
    const transfer = hold(from, to, 50n, 'USD', new Date('2100-01-02T03:04:05.678Z'))
    const id = uuidv7()
    await books.ledger.useCases.postJournals([{ id, description, transfers: [move(from, to, 1n), transfer] }])
    await sealer.sealWaiting()
    const [seal] = await sealsOf([transfer.id])
    const text = Buffer.from(seal?.leaf ?? '', 'hex').toString('utf8')
    const record = JSON.parse(text)
    expect(text).toBe(
      JSON.stringify(Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))),
    )
    expect(record).toEqual({
      action: 'HOLD',
      amountMinor: '50',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      creditAccountId: to,
      currency: 'USD',
      debitAccountId: from,
      description,
      expiresAt: '2100-01-02T03:04:05.678000Z',
      id: transfer.id,
      journalId: id,
      position: 1,
      resolves: null,
    })
  })

  it('tells of each block by an event, and shows the head to nobody without its scope', async () => {
    const [from, to] = [await books.wallet('USD', 1n), await books.wallet()]
    await books.post([move(from, to, 1n)])
    await sealer.sealWaiting()
    const { rows } = await books.ledger.pool.query(
      "select key, type, data from event_queue where topic = 'ledger.blocks' order by sequence desc limit 1",
    )
    const head = await books.ledger.pool.query(
      "select number::text, encode(hash, 'hex') as hash from ledger_blocks order by number desc limit 1",
    )
    expect(rows).toMatchObject([{ key: 'ledger', type: 'ledger.block_sealed' }])
    expect(rows[0].data).toMatchObject({ number: head.rows[0].number, blockHash: head.rows[0].hash })
    expect(await codesOf(books.ledger.schema, asUser(uuidv7()), '{ latestBlock { number } }')).toEqual([
      'UNAUTHORIZED_FIELD_OR_TYPE',
    ])
  })

  it('never misses a transaction that commits late, and waits for none', async () => {
    const [from, to] = [await books.wallet('USD', 100n), await books.wallet()]
    const [other, another] = [await books.wallet('USD', 100n), await books.wallet()]
    await sealer.sealWaiting()
    const held = holdingCommits(books.ledger.pool)
    const slow = new LedgerUseCases({ pool: held.pool, clock: systemClock, wakeups: silentWakeups })
    const [late, early] = [move(from, to, 1n), move(other, another, 1n)]
    const posting = slow.postJournals([{ id: uuidv7(), transfers: [late] }])
    let [before, earlySeal]: (Seal | null)[] = []
    try {
      await held.reached
      await books.post([early])
      await sealer.sealWaiting()
      ;[before = null, earlySeal = null] = await sealsOf([late.id, early.id])
    } finally {
      held.letGo()
    }
    expect(before).toBeNull()
    expectProof(earlySeal, early.id)
    expect(await posting).toMatchObject({ ok: true, value: [{ status: 'POSTED' }] })
    await sealer.sealWaiting()
    const [lateSeal = null] = await sealsOf([late.id])
    expectProof(lateSeal, late.id)
    expect(BigInt(lateSeal.block)).toBeGreaterThan(BigInt(earlySeal.block))
  })

  it('seals each transfer once, with two sealers at work while many post', async () => {
    const wallets = await Promise.all(Array.from({ length: 4 }, () => books.wallet('USD', 10_000n)))
    const rival = sealerOf(books)
    const posting = Array.from({ length: 30 }, (_, n) =>
      books.ledger.useCases.postJournals(
        Array.from({ length: 45 }, (_, k) => ({
          id: uuidv7(),
          transfers: [move(wallets[(n + k) % 4] ?? '', wallets[(n + k + 1) % 4] ?? '', 1n)],
        })),
      ),
    )
    let done = false
    const all = Promise.all(posting).finally(() => {
      done = true
    })
    while (!done) await Promise.all([sealer.sealWaiting(), rival.sealWaiting()])
    expect((await all).every((result) => result.ok)).toBe(true)
    await rival.stop()
    await sealer.sealWaiting()
    const { rows } = await books.ledger.pool.query(
      `select (select count(*) from seal_queue)::int as waiting, (select count(*) from block_leaves)::int as sealed,
              (select sum(size) from ledger_blocks)::int as counted, (select max(size) from ledger_blocks) as largest`,
    )
    const transfers = await books.count('transfers')
    expect(rows[0]).toMatchObject({ waiting: 0, sealed: transfers, counted: transfers })
  })

  it('cuts a large batch into blocks of 1,024', async () => {
    const [from, to] = [await books.wallet('USD', 100_000n), await books.wallet()]
    await sealer.sealWaiting()
    const before = await books.ledger.pool.query('select coalesce(max(number), 0)::int as n from ledger_blocks')
    const transfers = Array.from({ length: 16 }, () => null)
    const drafts = Array.from({ length: 129 }, () => ({
      id: uuidv7(),
      transfers: transfers.map(() => move(from, to, 1n)),
    }))
    expect(await books.ledger.useCases.postJournals(drafts)).toMatchObject({ ok: true })
    await sealer.sealWaiting()
    const { rows } = await books.ledger.pool.query('select size from ledger_blocks where number > $1 order by number', [
      before.rows[0].n,
    ])
    expect(rows.map(({ size }) => size)).toEqual([1_024, 1_024, 129 * 16 - 2_048])
  })

  it('reads a hundred seals in two statements', async () => {
    const { rows } = await books.ledger.pool.query('select id from transfers order by id limit 100')
    const statements: unknown[] = []
    const { pool } = books.ledger
    const query = pool.query.bind(pool)
    pool.query = ((...given: unknown[]) => {
      statements.push(given[0])
      return (query as (...given: unknown[]) => unknown)(...given)
    }) as typeof pool.query
    const seals = await sealsOf(rows.map(({ id }) => id))
    pool.query = query
    expect(seals.every((seal) => seal !== null)).toBe(true)
    expect(statements).toHaveLength(3) // The transfers themselves are the first.
  })

  it('is kept by the store: no block, leaf or key is changed or removed, by the owner either', async () => {
    for (const url of [books.database.applicationUrl, books.database.ownerUrl]) {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      for (const table of ['ledger_blocks', 'block_leaves', 'sealing_keys']) {
        await expect(client.query(`delete from ${table}`)).rejects.toThrow(/permission denied|never changed/)
        await expect(client.query(`truncate ${table} cascade`)).rejects.toThrow(/permission denied|never changed/)
      }
      await expect(client.query('update ledger_blocks set size = size')).rejects.toThrow(/permission|never changed/)
      await client.end()
    }
  })
})

const silentWakeups = { wake: () => undefined, subscribe: () => () => undefined, close: async () => undefined }
