import { createVerifier, silentLogger, uuidv7 } from '@corridor/platform'
import { type RunningServer, type SubgraphContext, serveSubgraph } from '@corridor/subgraph'
import { asUser, codesOf, dataOf, testClock } from '@corridor/testing'
import { parse as parseCsv } from 'csv-parse/sync'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { STATEMENT_WRITERS } from '../src/domain/statement.ts'
import { openDownload, useDownload } from '../src/use-cases/downloads.ts'
import { ENTRIES_PER_PAGE, streamStatement } from '../src/use-cases/stream-statement.ts'
import { move, TestBooks } from './books.ts'

let books: TestBooks
let server: RunningServer
beforeAll(async () => {
  books = await TestBooks.open()
  const { ledger } = books
  const clock = testClock(new Date())
  server = await serveSubgraph(ledger, {
    port: 0,
    verifier: createVerifier({ audience: 'ledger', publicJwks: {}, clock }),
    logger: silentLogger,
    clock,
    routes: ledger.routes,
  })
})
afterAll(async () => {
  await server.close()
  await books.close()
})

const AUDITOR = asUser('00000000-0000-4000-8000-000000000013', 'ledger:read', 'ledger:audit')
const ALWAYS = { from: '2020-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z' }
const REQUEST = 'mutation ($input: DownloadInput!) { requestDownload(input: $input) { url expiresAt } }'

const ownerOf = async (id: string, ...scopes: string[]): Promise<SubgraphContext> =>
  asUser((await books.ledger.pool.query('select owner from accounts where id = $1', [id])).rows[0].owner, ...scopes)

async function urlOf(as: SubgraphContext, input: Record<string, unknown>): Promise<string> {
  const { requestDownload } = await dataOf<{ requestDownload: { url: string } }>(books.ledger.schema, as, REQUEST, {
    input: { ...ALWAYS, ...input },
  })
  expect(requestDownload.url).toMatch(/^http:\/\/localhost:4000\/downloads\/[\w-]{43}$/)
  return requestDownload.url.replace('http://localhost:4000', new URL(server.url).origin)
}

const refusals = (as: SubgraphContext, input: Record<string, unknown>): Promise<string[]> =>
  codesOf(books.ledger.schema, as, REQUEST, { input: { ...ALWAYS, format: 'CSV', ...input } })

/** A wallet with 100.00 in, 30.00 out, and a description for each. */
async function wallet(descriptions: readonly string[] = ['Salary', 'Rent']): Promise<string> {
  const id = await books.wallet()
  const moves = [move('settlement.sandbox', id, 10_000n), move(id, 'settlement.sandbox', 3_000n)]
  for (const [n, transfer] of moves.entries()) {
    const drafts = [{ id: uuidv7(), description: descriptions[n] ?? null, transfers: [transfer] }]
    expect(await books.ledger.useCases.postJournals(drafts)).toMatchObject({ ok: true, value: [{ status: 'POSTED' }] })
  }
  return id
}

describe('a statement', () => {
  it('is CSV with opening balance, entries and closing balance', async () => {
    const id = await wallet()
    const response = await fetch(await urlOf(await ownerOf(id, 'ledger:read'), { walletId: id, format: 'CSV' }))
    expect(response.headers.get('content-type')).toMatch(/^text\/csv/)
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="statement-2020-01-01-2100-01-01.csv"',
    )
    expect(response.headers.get('cache-control')).toBe('no-store')
    const rows: Record<string, string>[] = parseCsv(await response.text(), { columns: true })
    expect(rows).toMatchObject([
      { row: 'opening', account_id: id, currency: 'USD', debit: '', credit: '', balance: '0.00' },
      { row: 'entry', number: '1', debit: '', credit: '100.00', balance: '100.00', description: 'Salary' },
      { row: 'entry', number: '2', debit: '30.00', credit: '', balance: '70.00', description: 'Rent' },
      { row: 'closing', debit: '30.00', credit: '100.00', balance: '70.00' },
    ])
  })

  it('is JSON lines, and a page to print that loads nothing and runs nothing', async () => {
    const id = await wallet(['<script>alert(1)</script>', 'Rent & more'])
    const owner = await ownerOf(id, 'ledger:read')
    const lines = await (await fetch(await urlOf(owner, { walletId: id, format: 'JSON_LINES' }))).text()
    expect(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { row: 'opening', balance: '0.00' },
      { row: 'entry', direction: 'CREDIT', amount: '100.00', description: '<script>alert(1)</script>' },
      { row: 'entry', direction: 'DEBIT', amount: '30.00', balance: '70.00' },
      { row: 'closing', debits: '30.00', credits: '100.00', balance: '70.00' },
    ])
    const page = await fetch(await urlOf(owner, { walletId: id, format: 'HTML' }))
    const html = await page.text()
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(html).not.toContain('<script')
    expect(html).toMatch(/Opening balance.*Rent &amp; more.*Closing balance.*70\.00.*<\/html>\n$/s)
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/default-src 'none'; style-src 'sha256-/)
    expect(page.headers.get('content-disposition')).toMatch(/^inline/)
  })

  it('runs no formula in a spreadsheet, and keeps commas, quotes and line ends', async () => {
    const id = await wallet(['=HYPERLINK("http://x")', 'a, "b"\r\nc'])
    const text = await (await fetch(await urlOf(AUDITOR, { walletId: id, format: 'CSV' }))).text()
    const rows: Record<string, string>[] = parseCsv(text, { columns: true })
    expect(rows[1]?.description).toBe('\'=HYPERLINK("http://x")')
    expect(rows[2]?.description).toBe('a, "b"\r\nc')
    for (const first of ['+', '-', '@', '\t', '＝']) {
      const account = { id, code: 'customer.wallet', currency: 'USD' }
      const entry = { row: 'entry', account, at: new Date(0), number: 1n, direction: 'DEBIT' } as const
      const ids = { transferId: id, journalId: id, amountMinor: 1n, balanceMinor: -1n }
      const line = STATEMENT_WRITERS.CSV.write({ ...entry, ...ids, description: `${first}1` })
      const [fields = []]: string[][] = parseCsv(line)
      expect(fields.at(-1)).toBe(`'${first}1`)
      expect(fields.at(8)).toBe('-0.01')
    }
  })

  it('covers its period alone: what was before is the opening balance', async () => {
    const id = await wallet()
    const { rows: entries } = await books.ledger.pool.query(
      'select at from entries where account_id = $1 and number = 2',
      [id],
    )
    const input = { walletId: id, format: 'JSON_LINES', from: entries[0].at.toISOString() }
    const lines = (await (await fetch(await urlOf(AUDITOR, input))).text()).trimEnd().split('\n')
    const rows = lines.map((line) => JSON.parse(line))
    // The first entry may have been posted in the same millisecond, and then it counts.
    const opening = rows.length === 3 ? '100.00' : '0.00'
    expect(rows[0]).toMatchObject({ row: 'opening', balance: opening })
    expect(rows.at(-2)).toMatchObject({ number: '2', balance: '70.00' })
    const before = { walletId: id, format: 'JSON_LINES', to: '2021-01-01T00:00:00.000Z' }
    const none = (await (await fetch(await urlOf(AUDITOR, before))).text()).trimEnd().split('\n')
    expect(none.map((line) => JSON.parse(line))).toMatchObject([
      { row: 'opening', balance: '0.00' },
      { row: 'closing', balance: '0.00', debits: '0.00' },
    ])
  })
})

describe('an export of the whole books', () => {
  it('holds every entry once, and balances that sum to zero in each currency', async () => {
    await wallet()
    await books.post([move('settlement.sandbox', await books.wallet('JPY'), 500n, 'JPY')])
    const text = await (await fetch(await urlOf(AUDITOR, { format: 'JSON_LINES' }))).text()
    const rows: { row: string; currency: string; balance: string }[] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows.filter(({ row }) => row === 'entry')).toHaveLength(await books.count('entries'))
    const closing = Map.groupBy(
      rows.filter(({ row }) => row === 'closing'),
      ({ currency }) => currency,
    )
    expect([...closing.keys()].toSorted()).toEqual(['JPY', 'USD'])
    for (const [, accounts] of closing) {
      expect(accounts.reduce((sum, { balance }) => sum + Math.round(Number(balance) * 100), 0)).toBe(0)
    }
  })
})

describe('who may download', () => {
  it('is the owner of the wallet, or an auditor: for others it is not there', async () => {
    const id = await wallet()
    const stranger = await ownerOf(await books.wallet(), 'ledger:read', 'wallets:admin')
    expect(await refusals(stranger, { walletId: id })).toEqual(['NOT_FOUND'])
    expect(await refusals(stranger, { walletId: uuidv7() })).toEqual(['NOT_FOUND'])
    expect(await refusals(AUDITOR, { walletId: 'no-id' })).toEqual(['NOT_FOUND'])
    expect(await refusals(stranger, {})).toEqual(['FORBIDDEN'])
    expect(await refusals(await ownerOf(id), { walletId: id })).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    const backwards = { walletId: id, from: ALWAYS.to, to: ALWAYS.from }
    expect(await refusals(AUDITOR, backwards)).toEqual(['BAD_USER_INPUT'])
    expect(await refusals(AUDITOR, {})).toEqual([])
  })

  it('may do so once, and no later than five minutes after asking', async () => {
    const id = await wallet()
    const url = await urlOf(AUDITOR, { walletId: id, format: 'CSV' })
    const answers = await Promise.all(Array.from({ length: 5 }, () => fetch(url)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404, 404, 404, 404])
    expect(await answers.find(({ status }) => status === 404)?.json()).toMatchObject({
      errors: [{ extensions: { code: 'NOT_FOUND' } }],
    })
    await Promise.all(answers.filter(({ status }) => status === 200).map((answer) => answer.text()))

    const clock = testClock()
    const deps = { pool: books.ledger.pool, clock }
    const request = { accountId: id, from: new Date(0), to: new Date(1), format: 'CSV' as const }
    const opened = await openDownload(deps, { caller: AUDITOR.caller, request })
    const { token, expiresAt } = opened.ok ? opened.value : { token: '', expiresAt: new Date(0) }
    expect(expiresAt.getTime() - clock.now().getTime()).toBe(300_000)
    clock.set(expiresAt)
    expect(await useDownload(deps, token)).toBeNull()
    clock.advanceMs(-1)
    expect(await useDownload(deps, token)).toEqual(request)
  })

  it('keeps no token that would open anything, and no more than 20 open for one caller', async () => {
    const id = await wallet()
    const owner = await ownerOf(id, 'ledger:read')
    const tokens = await Promise.all(Array.from({ length: 20 }, () => urlOf(owner, { walletId: id, format: 'CSV' })))
    expect(new Set(tokens).size).toBe(20)
    expect(await refusals(owner, { walletId: id })).toEqual(['TOO_MANY_REQUESTS'])
    const { rows } = await books.ledger.pool.query('select downloads::text as row from downloads')
    for (const url of tokens) expect(rows.some(({ row }) => row.includes(url.slice(-43)))).toBe(false)
    for (const wrong of ['x', 'x'.repeat(43), '%2e%2e']) {
      expect((await fetch(new URL(`/downloads/${wrong}`, server.url))).status).toBe(404)
    }
  })
})

describe('50,000 entries', () => {
  const COUNT = 50_000
  let id: string
  beforeAll(async () => {
    id = await books.wallet()
    const drafts = Array.from({ length: COUNT / 10 }, () => ({
      id: uuidv7(),
      transfers: Array.from({ length: 10 }, () => move('settlement.sandbox', id, 1n)),
    }))
    for (let from = 0; from < drafts.length; from += 500) {
      expect(await books.ledger.useCases.postJournals(drafts.slice(from, from + 500))).toMatchObject({ ok: true })
    }
  })

  it('never have more than one page of them in memory, however slowly they are taken', async () => {
    let [read, taken, most] = [0, 0, 0]
    const { pool } = books.ledger
    const counting = {
      query: async (statement: pg.QueryConfig) => {
        const result = await pool.query(statement)
        read += result.rows.length
        most = Math.max(most, read - taken)
        return result
      },
    } as unknown as typeof pool // `query` is all that a statement asks of it.
    const range = { accountId: id, from: new Date(0), to: new Date(ALWAYS.to) }
    for await (const part of streamStatement(counting, range, STATEMENT_WRITERS.JSON_LINES)) {
      taken += part === '' ? 0 : part.trimEnd().split('\n').length
    }
    expect(taken).toBe(COUNT + 2)
    expect(most).toBeLessThanOrEqual(ENTRIES_PER_PAGE + 1)
  })

  it('arrive whole over HTTP', async () => {
    const response = await fetch(await urlOf(AUDITOR, { walletId: id, format: 'CSV' }))
    const rows: string[][] = parseCsv(await response.text())
    expect(rows).toHaveLength(COUNT + 3)
    expect(rows.at(-1)?.at(8)).toBe('500.00')
  })
})

describe('the sealer’s keys', () => {
  it('are published as a JWK set, empty before the first block', async () => {
    const response = await fetch(new URL('/.well-known/jwks.json', server.url))
    expect(await response.json()).toEqual({ keys: [] })
  })
})
