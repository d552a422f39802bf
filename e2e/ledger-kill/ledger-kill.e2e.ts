import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkInvariants, exportLedger, type JournalDraft, LedgerUseCases, type TransferDraft } from '@corridor/ledger'
import { createPool, inProcessWakeups, type Pool, systemClock, uuidv7 } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KillableLedger } from './killable-ledger.ts'

/** `KILL_ROUNDS=20` kills more often. */
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 3)
const MS_PER_ROUND = 40_000
const CALLERS = 8
const WALLETS = 12
const FUNDS_MINOR = 1_000_000n
/** A kill comes when this many more calls at most were answered. */
const MAX_ANSWERS_BEFORE_KILL = 150

const VERIFY = fileURLToPath(new URL('../../subgraphs/ledger/dist/verify/main.js', import.meta.url))
const POST = 'mutation ($journals: [JournalInput!]!) { postJournals(journals: $journals) { id status code } }'

interface Answer {
  readonly id: string
  readonly status: string
  readonly code: string | null
}

let ledger: KillableLedger
let pool: Pool
const wallets = Array.from({ length: WALLETS }, () => uuidv7())
/** Everything that was ever sent, and what was answered; what was not is sent again until it is. */
const sent = new Map<string, JournalDraft>()
const answered = new Map<string, Answer>()
const holds: string[] = []

beforeAll(async () => {
  ledger = await KillableLedger.start()
  pool = createPool({ url: ledger.databaseUrl, service: 'kill-test' })
})
afterAll(async () => {
  await pool.end()
  await ledger.close()
})

const transferOf = (action: 'POST' | 'HOLD', debitAccount: string, creditAccount: string, amountMinor: bigint) => ({
  id: uuidv7(),
  action,
  debitAccount,
  creditAccount,
  amountMinor: String(amountMinor),
  currency: 'USD',
})
const resolutionOf = (action: 'CAPTURE' | 'VOID', resolves: string) => ({ id: uuidv7(), action, resolves })

const between = (limit: number): number => Math.floor(Math.random() * limit)

function nextJournal(): JournalDraft {
  const from = between(WALLETS)
  const [debit, credit] = [wallets[from] ?? '', wallets[(from + 1 + between(WALLETS - 1)) % WALLETS] ?? '']
  const amountMinor = BigInt(1 + between(50))
  const made = transferOf('HOLD', debit, credit, amountMinor)
  const known = holds[between(holds.length)]
  const kinds: TransferDraft[][] = [
    [transferOf('POST', debit, credit, amountMinor)],
    [transferOf('POST', debit, credit, amountMinor), transferOf('POST', debit, 'income.fees', 1n)],
    [made],
    [known ? resolutionOf('CAPTURE', known) : made],
    [known ? resolutionOf('VOID', known) : made],
  ]
  const transfers = kinds[between(kinds.length)] ?? []
  if (transfers[0] === made) holds.push(made.id)
  return { id: uuidv7(), final: true, transfers }
}

/** Sends journals, and keeps their answers. An answer to what was answered before must be the same one. */
async function post(journals: readonly JournalDraft[]): Promise<void> {
  for (const journal of journals) sent.set(journal.id, journal)
  const { postJournals } = await ledger.request<{ postJournals: Answer[] }>(POST, { journals })
  for (const answer of postJournals) {
    const before = answered.get(answer.id)
    if (before) expect(answer).toEqual(before)
    answered.set(answer.id, answer)
  }
}

/** Callers under whose load something is killed, at whatever it was then doing. */
async function loadUntilKilled(kill: () => Promise<void>): Promise<void> {
  const killAt = answered.size + 1 + between(MAX_ANSWERS_BEFORE_KILL)
  let killed: Promise<void> | null = null
  const caller = async (): Promise<void> => {
    while (!killed) {
      try {
        await post(Array.from({ length: 1 + between(4) }, nextJournal))
      } catch (error) {
        if (!killed) throw error
      }
      if (answered.size >= killAt) killed ??= kill()
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  await killed
}

const unanswered = (): JournalDraft[] => [...sent.values()].filter(({ id }) => !answered.has(id))

describe('a ledger that is killed at random moments', () => {
  it(
    `has lost nothing and doubled nothing after ${ROUNDS} times`,
    async () => {
      const useCases = new LedgerUseCases({ pool, clock: systemClock, wakeups: inProcessWakeups() })
      await useCases.openAccounts(
        wallets.map((id) => ({ id, code: 'customer.wallet', currency: 'USD', owner: uuidv7() })),
      )
      await post(
        wallets.map((id) => ({
          id: uuidv7(),
          final: true,
          transfers: [transferOf('POST', 'settlement.sandbox', id, FUNDS_MINOR)],
        })),
      )
      for (let round = 0; round < ROUNDS; round += 1) {
        const what = { ledger: round % 3 !== 1, postgres: round % 3 !== 0 }
        await loadUntilKilled(async () => {
          await Promise.all([what.ledger && ledger.killLedger(), what.postgres && ledger.killPostgres()])
        })
        await ledger.mend(what)
        await expect.poll(() => post(unanswered()), { timeout: MS_PER_ROUND, interval: 100 }).toBeUndefined()
        await post([...sent.values()].slice(-200)) // What was answered is answered the same again.
      }
      await compareWithAnswers()
    },
    ROUNDS * MS_PER_ROUND + 60_000,
  )
})

async function compareWithAnswers(): Promise<void> {
  const posted = [...answered.values()].filter(({ status }) => status === 'POSTED').map(({ id }) => id)
  const { rows: journals } = await pool.query(`select id from journals where status = 'POSTED'`)
  expect(journals.map(({ id }) => id).toSorted()).toEqual(posted.toSorted())

  const expected = posted.flatMap((id) => sent.get(id)?.transfers.map((transfer) => transfer.id) ?? [])
  const { rows: transfers } = await pool.query('select id from transfers')
  expect(transfers.map(({ id }) => id).toSorted()).toEqual(expected.toSorted())

  const checks = await checkInvariants({ pool, clock: systemClock })
  expect(checks.filter(({ holds: held }) => !held)).toEqual([])
  await verifyChain(expected.length)
}

/** Once all is sealed, the chain as anybody would check it: from a file, with no server. */
async function verifyChain(transfers: number): Promise<void> {
  const unsealed = async () => (await pool.query('select count(*)::int as n from seal_queue')).rows[0].n
  await expect.poll(unsealed, { timeout: 30_000 }).toBe(0)
  const file = join(ledger.folder, 'books.jsonl')
  await writeFile(file, exportLedger(pool))
  const { stdout } = await promisify(execFile)(process.execPath, [VERIFY, file])
  expect(stdout).toContain(String(transfers))
}
