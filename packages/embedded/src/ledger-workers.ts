import { createLedgerSealer } from '@corridor/ledger'
import type { Clock, Logger, Wakeups } from '@corridor/platform'
import { Reconciler } from '@corridor/workers'
import type { ApplicationUrls } from './databases.ts'
import type { Secrets } from './secrets.ts'
import type { StopStack } from './stop-stack.ts'

/** Starts what watches over the books: the sealer and the reconciler. */
export function startLedgerWorkers(input: {
  databases: ApplicationUrls
  secrets: Secrets
  clock: Clock
  logger: Logger
  wakeups: Wakeups
  stops: StopStack
}): void {
  const { databases, secrets, stops, ...shared } = input
  const sealer = createLedgerSealer({
    ...shared,
    databaseUrl: databases.ledger,
    privateJwk: secrets.sealingKey,
    service: 'ledger-sealer',
  })
  stops.push('the ledger sealer', () => sealer.stop())
  sealer.start()
  const reconciler = new Reconciler({ ...shared, databaseUrls: databases })
  stops.push('the reconciler', () => reconciler.stop())
  reconciler.start()
}
