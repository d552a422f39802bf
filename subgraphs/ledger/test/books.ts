import { type Clock, inProcessWakeups, silentLogger, systemClock, uuidv7 } from '@corridor/platform'
import { createTestDatabase, type TestDatabase } from '@corridor/testing'
import { expect } from 'vitest'
import { checkInvariants, createLedgerSubgraph, type LedgerSubgraph, ledgerMigrations } from '../src/index.ts'
import type { TransferDraft } from '../src/use-cases/journal-input.ts'

/** A ledger on a database of its own, with what tests do to it most. */
export class TestBooks {
  private constructor(
    readonly database: TestDatabase,
    readonly ledger: LedgerSubgraph,
  ) {}

  static async open({ clock = systemClock }: { clock?: Clock } = {}): Promise<TestBooks> {
    const database = await createTestDatabase({ migrationsDirectory: ledgerMigrations })
    const ledger = await createLedgerSubgraph({
      databaseUrl: database.applicationUrl,
      clock,
      logger: silentLogger,
      wakeups: inProcessWakeups(),
      expireByHand: true,
    })
    return new TestBooks(database, ledger)
  }

  async close(): Promise<void> {
    const broken = (await checkInvariants({ pool: this.ledger.pool, clock: systemClock })).filter(({ holds }) => !holds)
    await this.ledger.close()
    await this.database.drop()
    expect(broken).toEqual([])
  }

  async wallet(currency = 'USD', balanceMinor = 0n): Promise<string> {
    const id = uuidv7()
    const opened = await this.ledger.useCases.openAccounts([{ id, code: 'customer.wallet', currency, owner: uuidv7() }])
    expect(opened.ok).toBe(true)
    if (balanceMinor > 0n) {
      const { status } = await this.post([move('settlement.sandbox', id, balanceMinor, currency)])
      expect(status).toBe('POSTED')
    }
    return id
  }

  /** Posts one journal and answers what it came to. */
  async post(transfers: readonly TransferDraft[], { id = uuidv7(), final = false } = {}) {
    const results = await this.ledger.useCases.postJournals([{ id, final, transfers }])
    const [result] = results.ok ? results.value : []
    if (!result) throw new Error(results.ok ? 'no result' : results.message)
    return result
  }

  /** Posts one journal that must be refused and answers the code. */
  async refusal(transfers: readonly TransferDraft[], options: { id?: string; final?: boolean } = {}): Promise<string> {
    const result = await this.post(transfers, options)
    return result.status === 'REFUSED' ? result.code : result.status
  }

  async balance(id: string): Promise<{ posted: bigint; held: bigint; incoming: bigint }> {
    const { rows } = await this.ledger.pool.query(
      'select posted_minor as posted, held_minor as held, incoming_minor as incoming from accounts where id = $1',
      [id],
    )
    return rows[0]
  }

  async count(table: 'transfers' | 'entries' | 'journals' | 'event_queue'): Promise<number> {
    const { rows } = await this.ledger.pool.query(`select count(*)::int as n from ${table}`)
    return rows[0].n
  }
}

export const move = (
  debitAccount: string,
  creditAccount: string,
  amountMinor: bigint,
  currency = 'USD',
): TransferDraft => ({
  id: uuidv7(),
  action: 'POST',
  debitAccount,
  creditAccount,
  amountMinor: String(amountMinor),
  currency,
})

export const hold = (
  debitAccount: string,
  creditAccount: string,
  amountMinor: bigint,
  currency = 'USD',
  expiresAt: Date | null = null,
): TransferDraft => ({ ...move(debitAccount, creditAccount, amountMinor, currency), action: 'HOLD', expiresAt })

export const capture = (resolves: string, amountMinor: bigint | null = null): TransferDraft => ({
  id: uuidv7(),
  action: 'CAPTURE',
  resolves,
  amountMinor: amountMinor === null ? null : String(amountMinor),
})

export const release = (resolves: string): TransferDraft => ({ id: uuidv7(), action: 'VOID', resolves })
