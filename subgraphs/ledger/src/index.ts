import { fileURLToPath } from 'node:url'
import { type Clock, createPool, type Logger, type Pool, type Wakeups } from '@corridor/platform'
import { buildFederatedSchema, type ServeOptions, type Subgraph } from '@corridor/subgraph'
import { BalanceWatcher } from './balance-watcher.ts'
import { createAccountReader } from './resolvers/account-reader.ts'
import { AccountResolver } from './resolvers/account-resolver.ts'
import { BooksResolver } from './resolvers/books-resolver.ts'
import { DownloadResolver } from './resolvers/download-resolver.ts'
import { EntryResolver } from './resolvers/entry-resolver.ts'
import { JournalResolver } from './resolvers/journal-resolver.ts'
import { OwnerResolver } from './resolvers/owner-resolver.ts'
import { PositionResolver } from './resolvers/position-resolver.ts'
import { SealResolver } from './resolvers/seal-resolver.ts'
import { createEntryTransferReader, createTransferReader, TransferResolver } from './resolvers/transfer-resolver.ts'
import { WalletResolver } from './resolvers/wallet-resolver.ts'
import { ledgerRoutes } from './routes.ts'
import { InvariantMonitor } from './use-cases/check-invariants.ts'
import { HoldExpiry } from './use-cases/expire-holds.ts'
import { LedgerUseCases } from './use-cases/ledger-use-cases.ts'

export { BOOK_INVARIANTS } from './domain/invariants.ts'
export type { JournalResult } from './domain/journal.ts'
export { readJournalActions } from './queries/journal-actions.ts'
export { type DecidedStatus, readAccountStatuses, readAccountsOutOfUse } from './use-cases/accounts.ts'
export { checkInvariants, type InvariantCheck } from './use-cases/check-invariants.ts'
export { exportLedger } from './use-cases/export-ledger.ts'
export type { JournalDraft, TransferDraft } from './use-cases/journal-input.ts'
export { LedgerUseCases } from './use-cases/ledger-use-cases.ts'
export { type ReconcileDeps, reconcileBooks } from './use-cases/reconcile-books.ts'
export { createLedgerSealer, type LedgerSealer, type LedgerSealerDeps } from './use-cases/seal-transfers.ts'

/** Numbered SQL; read where it lies, so that it need not be copied by the build. */
export const ledgerMigrations = fileURLToPath(new URL('../src/migrations', import.meta.url))

export interface LedgerDeps {
  readonly databaseUrl: string
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  readonly poolSize?: number
  /** Holds are expired by rounds of `holdExpiry` that the caller asks for, not every second. */
  readonly expireByHand?: boolean
  /** Where clients reach the router; addresses of downloads begin with it. */
  readonly publicUrl?: string
}

export interface LedgerSubgraph extends Subgraph {
  readonly useCases: LedgerUseCases
  readonly holdExpiry: HoldExpiry
  readonly pool: Pool
  /** Downloads and the sealer's public keys, to be served beside GraphQL. */
  readonly routes: NonNullable<ServeOptions['routes']>
}

export const DEFAULT_PUBLIC_URL = 'http://localhost:4000'

/** The ledger over its database: the books, their one write path, and what may be read of them. */
export async function createLedgerSubgraph(deps: LedgerDeps): Promise<LedgerSubgraph> {
  const { databaseUrl, clock, logger, wakeups, publicUrl = DEFAULT_PUBLIC_URL } = deps
  const pool = createPool({
    url: databaseUrl,
    service: 'ledger-service',
    pipeline: true,
    ...(deps.poolSize === undefined ? {} : { max: deps.poolSize }),
  })
  const useCases = new LedgerUseCases({ pool, clock, wakeups })
  const holdExpiry = new HoldExpiry({ pool, clock, logger, post: (requests) => useCases.postOwn(requests) })
  if (!deps.expireByHand) holdExpiry.start()
  const watcher = new BalanceWatcher({ pool, wakeups, logger })
  const accounts = createAccountReader(pool)
  const transfers = createTransferReader(pool)
  const schema = await buildFederatedSchema({
    resolvers: [
      new AccountResolver(pool, accounts),
      new EntryResolver(createEntryTransferReader(pool)),
      new TransferResolver(transfers, accounts),
      new SealResolver(pool),
      new WalletResolver(accounts, watcher),
      new BooksResolver(pool, new InvariantMonitor({ pool, clock })),
      new DownloadResolver({ pool, clock, publicUrl }),
      new JournalResolver(useCases),
      new PositionResolver(pool),
      new OwnerResolver(pool),
    ],
    references: {
      Account: { load: (ids, context) => Promise.all(ids.map((id) => accounts(id, context))) },
      Transfer: { load: (ids, context) => Promise.all(ids.map((id) => transfers(id, context))) },
      Wallet: {
        load: (ids, context) => Promise.all(ids.map(async (id) => ({ id, account: await accounts(id, context) }))),
      },
    },
  })
  return {
    name: 'ledger',
    schema,
    useCases,
    holdExpiry,
    pool,
    routes: ledgerRoutes({ pool, clock }),
    async close() {
      watcher.close()
      await holdExpiry.stop()
      await pool.end()
    },
  }
}
