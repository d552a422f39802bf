/**
 * `npm run bench -- ledger`: transfers per second through the ledger's one write path, set-based and one at a time, beside
 * `pgbench` (TPC-B-like, scale 10) on the same server in the same run; and what reading costs with a million transfers in
 * the books. Rounds alternate, so that what else the machine does meets every row alike; a figure is its rounds' median.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startPostgres } from '@corridor/dev-services'
import type { JournalDraft, JournalResult, LedgerSubgraph } from '@corridor/ledger'
import {
  ANONYMOUS,
  createSigner,
  createVerifier,
  generateInternalKeyPair,
  silentLogger,
  systemClock,
  uuidv7,
} from '@corridor/platform'
import { createServiceClient, type ServiceClient, serveSubgraph } from '@corridor/subgraph'
import pg from 'pg'
import { drive, type Load, median, percentile } from './ledger/load.ts'
import { assertPosted, LoadedBooks } from './ledger/loaded-books.ts'
import { CLIENTS, type Pgbench, preparePgbench } from './ledger/pgbench.ts'

/** For a shorter look: fewer rounds, shorter ones, fewer transfers than what counts. */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const TRANSFERS = Number(process.env.BENCH_TRANSFERS ?? 1_000_000)
const FEW = 10_000
/** As many as pgbench has clients; the ledger groups what comes while it is busy, up to a thousand journals. */
const BATCH_CALLERS = CLIENTS
const SINGLE_CALLERS = 64
const READS = 300
const PASSWORD = 'benchmark'
const SETTINGS = ['server_version', 'fsync', 'full_page_writes', 'synchronous_commit', 'shared_buffers', 'max_wal_size']

const batches = (books: LoadedBooks, size: number, make: () => JournalDraft): Promise<Load> =>
  drive(BATCH_CALLERS, async () => {
    await books.post(Array.from({ length: size }, make))
    return size
  })

const singles = (books: LoadedBooks): Promise<Load> =>
  drive(SINGLE_CALLERS, async () => {
    await books.post([books.uniform()])
    return 1
  })

const POST = `mutation ($journals: [JournalInput!]!) { postJournals(journals: $journals) { id status code } }`

const overHttp = (books: LoadedBooks, client: ServiceClient): Promise<Load> =>
  drive(SINGLE_CALLERS, async () => {
    const { postJournals } = await client.request<{ postJournals: JournalResult[] }>(POST, {
      journals: [books.uniform()],
    })
    assertPosted(postJournals)
    return 1
  })

/** The endpoint as services reach it, with a token of the payment processor's; and one of an auditor's for reading. */
async function serve(ledger: LedgerSubgraph) {
  const [keys, router] = await Promise.all([generateInternalKeyPair(), generateInternalKeyPair()])
  const issuers = { 'payment-processor': keys.publicJwk, router: router.publicJwk }
  const verifier = createVerifier({ audience: 'ledger', publicJwks: issuers, clock: systemClock })
  const server = await serveSubgraph(ledger, { port: 0, verifier, logger: silentLogger, clock: systemClock })
  const clientOf = (issuer: string, { privateJwk }: typeof keys): ServiceClient =>
    createServiceClient({
      url: server.url,
      audience: 'ledger',
      signer: createSigner({ issuer, privateJwk, clock: systemClock }),
      connections: SINGLE_CALLERS,
    })
  const processor = clientOf('payment-processor', keys)
  const reader = clientOf('router', router)
  return {
    processor,
    reader,
    async close() {
      await Promise.all([processor.close(), reader.close()])
      await server.close()
    },
  }
}

const AUDITOR = {
  ...ANONYMOUS,
  kind: 'user' as const,
  subject: uuidv7(),
  scopes: new Set(['ledger:read', 'ledger:audit']),
}
const BALANCE = `query ($id: ID!) { account(id: $id) { posted { amount } held { amount } available { amount } } }`
const ENTRIES = `query ($id: ID!) { account(id: $id) { entries(first: 20) {
  edges { node { sequence direction amount { amount } balanceAfter { amount } at } } } } }`

/** Milliseconds of one read after the other, each of another account, over the endpoint. */
async function reads(books: LoadedBooks, client: ServiceClient, document: string): Promise<number[]> {
  const latenciesMs: number[] = []
  for (let n = 0; n < READS; n += 1) {
    const id = books.anyAccount()
    const sent = performance.now()
    const { account } = await client.request<{ account: unknown }>(document, { id }, { caller: AUDITOR })
    latenciesMs.push(performance.now() - sent)
    if (account === null) throw new Error('an account was not found')
  }
  return latenciesMs
}

async function printSettings(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  const { rows } = await client.query(
    'select name, setting, unit from pg_settings where name = any($1) order by name',
    [SETTINGS],
  )
  await client.end()
  console.log(rows.map(({ name, setting, unit }) => `${name} ${setting}${unit ? ` x ${unit}` : ''}`).join(', '))
}

type Row = 'pgbench' | 'batch500' | 'batch100' | 'hot' | 'single64' | 'single64P99' | 'httpSingle64'
type Rounds = Record<Row, number[]>

/** Every row once a round, one after the other, on the same server. */
async function writing(adminUrl: string, pgbench: Pgbench): Promise<Rounds> {
  const books = await LoadedBooks.open(adminUrl, 'ledger_db')
  const endpoint = await serve(books.ledger)
  const rounds: Rounds = {
    pgbench: [],
    batch500: [],
    batch100: [],
    hot: [],
    single64: [],
    single64P99: [],
    httpSingle64: [],
  }
  await batches(books, 500, () => books.uniform()) // Statements are prepared, code is compiled.
  for (let round = 1; round <= ROUNDS; round += 1) {
    rounds.pgbench.push(await pgbench.perSecond())
    rounds.batch500.push((await batches(books, 500, () => books.uniform())).perSecond)
    rounds.hot.push((await batches(books, 500, () => books.hot())).perSecond)
    rounds.batch100.push((await batches(books, 100, () => books.uniform())).perSecond)
    const single = await singles(books)
    rounds.single64.push(single.perSecond)
    rounds.single64P99.push(percentile(single.latenciesMs, 0.99))
    rounds.httpSingle64.push((await overHttp(books, endpoint.processor)).perSecond)
    const measured = Object.entries(rounds).map(([row, values]) => `${row} ${Math.round(values.at(-1) ?? 0)}`)
    console.log(`round ${round}, load ${loadavg()[0]?.toFixed(1)}: ${measured.join(', ')}`)
  }
  await endpoint.close()
  await books.close()
  return rounds
}

interface Large {
  readonly balancesMs: readonly number[]
  readonly entriesMs: readonly number[]
  /** What a transfer costs with a million in the books, as a multiple of what it costs with ten thousand. */
  readonly postingRatio: number
}

/** A million transfers, posted as any other; then reads, and postings beside books that hold ten thousand. */
async function large(adminUrl: string): Promise<Large> {
  const books = await LoadedBooks.open(adminUrl, 'large_db')
  await fill(books, TRANSFERS)
  const endpoint = await serve(books.ledger)
  const balancesMs = await reads(books, endpoint.reader, BALANCE)
  const entriesMs = await reads(books, endpoint.reader, ENTRIES)
  await endpoint.close()
  const ratios: number[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const small = await LoadedBooks.open(adminUrl, `small_${round}_db`)
    await fill(small, FEW)
    const costOfFew = await secondsOf(small)
    ratios.push((await secondsOf(books)) / costOfFew)
    await small.close()
  }
  await books.close()
  return { balancesMs, entriesMs, postingRatio: median(ratios) }
}

async function fill(books: LoadedBooks, transfers: number): Promise<void> {
  let left = transfers
  const caller = async (): Promise<void> => {
    while (left > 0) {
      const size = Math.min(left, 1_000)
      left -= size
      await books.post(Array.from({ length: size }, () => books.uniform()))
    }
  }
  await Promise.all(Array.from({ length: BATCH_CALLERS }, caller))
}

async function secondsOf(books: LoadedBooks): Promise<number> {
  const began = performance.now()
  await fill(books, FEW)
  return performance.now() - began
}

function report(rounds: Rounds, { balancesMs, entriesMs, postingRatio }: Large): void {
  const pgbench = median(rounds.pgbench)
  const figures = {
    pgbenchPerSecond: Math.round(pgbench),
    batch500PerSecond: Math.round(median(rounds.batch500)),
    batch100PerSecond: Math.round(median(rounds.batch100)),
    hotPerSecond: Math.round(median(rounds.hot)),
    single64PerSecond: Math.round(median(rounds.single64)),
    single64P99Ms: tenths(median(rounds.single64P99)),
    httpSingle64PerSecond: Math.round(median(rounds.httpSingle64)),
    millionBalanceMs: tenths(median(balancesMs)),
    millionEntriesMs: tenths(median(entriesMs)),
    millionPostingRatio: Math.round(postingRatio * 100) / 100,
  }
  const goals: Partial<Record<keyof typeof figures, { atLeast: number } | { atMost: number }>> = {
    batch500PerSecond: { atLeast: Math.round(5 * pgbench) },
    batch100PerSecond: { atLeast: Math.round(4 * pgbench) },
    hotPerSecond: { atLeast: figures.batch500PerSecond },
    single64PerSecond: { atLeast: Math.round(2 * pgbench) },
    single64P99Ms: { atMost: 50 },
    millionBalanceMs: { atMost: 5 },
    millionEntriesMs: { atMost: 10 },
    millionPostingRatio: { atMost: 1.2 },
  }
  const rows = Object.entries(figures).map(([figure, measured]) => {
    const goal = goals[figure as keyof typeof figures] // The names are those of `figures`.
    const perSecond = figure.endsWith('PerSecond')
    const met = !goal || ('atLeast' in goal ? measured >= goal.atLeast : measured <= goal.atMost)
    return { figure, measured, ...(perSecond && { 'times pgbench': tenths(measured / pgbench) }), ...goal, met }
  })
  console.table(rows)
  console.log(
    `99 of 100 balances within ${tenths(percentile(balancesMs, 0.99))} ms, first pages of entries within ` +
      `${tenths(percentile(entriesMs, 0.99))} ms; load of the machine ${loadavg().map(tenths).join(' ')}`,
  )
  const pass = rows.every(({ met }) => met)
  console.log(JSON.stringify({ bench: 'ledger', figures, goals, pass }))
  process.exitCode = pass ? 0 : 1
}

const tenths = (value: number): number => Math.round(value * 10) / 10

const folder = mkdtempSync(join(tmpdir(), 'corridor-bench-'))
chmodSync(folder, 0o755)
const postgres = await startPostgres({
  dataDirectory: join(folder, 'data'),
  binariesDirectory: join(folder, 'postgresql'),
  logFile: join(folder, 'postgres.log'),
  port: await freePort(),
  password: PASSWORD,
})
try {
  await printSettings(postgres.adminUrl)
  const pgbench = await preparePgbench(postgres.adminUrl)
  const rounds = await writing(postgres.adminUrl, pgbench)
  await pgbench.close()
  report(rounds, await large(postgres.adminUrl))
} finally {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}
