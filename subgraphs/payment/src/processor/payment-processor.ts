import { Loop, queueChannel, Sequencer } from '@corridor/events'
import { type Clock, createPool, inTransaction, type Logger, type Pool, type Wakeups } from '@corridor/platform'
import type { ServiceClient } from '@corridor/subgraph'
import { type FeePolicy, STANDARD_FEES } from '../domain/fee.ts'
import type { Payment } from '../domain/payment.ts'
import type { FundingProvider } from '../providers/funding-provider.ts'
import { DUE_CHANNEL, EVENTS_CHANNEL, EVENTS_QUEUED_CHANNEL } from '../use-cases/channels.ts'
import { placeEvents, type QueuedEvent } from '../use-cases/event-store.ts'
import { readDue, writeChanges } from '../use-cases/payment-store.ts'
import { ledgerPort, pricePort, rulesPort } from '../use-cases/ports.ts'
import { type Processed, processGroup } from './process-group.ts'
import { type HeldLease, WalletLeases } from './wallet-leases.ts'

export interface ProcessorDeps {
  readonly databaseUrl: string
  readonly service: string
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  readonly ledger: ServiceClient
  readonly forex: ServiceClient
  readonly rules: ServiceClient
  readonly providers: Readonly<Record<string, FundingProvider>>
  readonly fees?: FeePolicy
}

export interface PaymentProcessor {
  readonly pool: Pool
  start(): void
  stop(): Promise<void>
}

const MAX_WALLETS = 100
const MAX_PAYMENTS = 500
/** Longer than all calls of a group may take together; a holder that sleeps longer has lost the lease. */
const LEASE_MS = 60_000
const POLL_MS = 250

/**
 * Moves payments: leases wallets that have something due, brings their payments a step further, and commits what came
 * of it, guarded by the leases' fences and the payments' versions. It scales by starting more of them. Beside it runs
 * the sequencer that gives payment events their positions.
 */
export function createPaymentProcessor(deps: ProcessorDeps): PaymentProcessor {
  const { clock, logger, wakeups, providers, fees = STANDARD_FEES } = deps
  const pool = createPool({ url: deps.databaseUrl, service: deps.service, max: 6 })
  const leases = new WalletLeases(LEASE_MS)
  const process = { clock, logger, providers, fees, ...portsOf(deps) }

  const round = async (): Promise<boolean> => {
    const held = await leases.take(pool, { now: clock.now(), limit: MAX_WALLETS })
    if (held.length === 0) return false
    const walletIds = held.map(({ walletId }) => walletId)
    const due = await readDue(pool, { walletIds, now: clock.now(), limit: MAX_PAYMENTS })
    const processed = due.length === 0 ? [] : await processGroup(process, due)
    await commit({ pool, leases, clock }, { held, due, processed })
    wakeups.wake(EVENTS_QUEUED_CHANNEL)
    wakeups.wake(queueChannel('payment'))
    return true
  }

  const loop = new Loop({
    name: deps.service,
    logger,
    round,
    pollMs: POLL_MS,
    wakeups,
    channels: [DUE_CHANNEL],
  })
  const sequencer = new Sequencer<QueuedEvent>({
    name: 'payment-events',
    pool,
    queueTable: 'payment_event_queue',
    place: placeEvents,
    placed: () => wakeups.wake(EVENTS_CHANNEL),
    logger,
    wakeups,
    channel: EVENTS_QUEUED_CHANNEL,
  })

  return {
    pool,
    start() {
      sequencer.start()
      loop.start()
    },
    async stop() {
      await loop.stop()
      await sequencer.stop()
      await pool.end()
    },
  }
}

const portsOf = ({ forex, rules, ledger }: ProcessorDeps) => ({
  prices: pricePort(forex),
  rules: rulesPort(rules),
  ledger: ledgerPort(ledger),
})

/** What was decided for wallets whose lease is lost is dropped: another holder decides, and comes to the same. */
async function commit(
  { pool, leases, clock }: { pool: Pool; leases: WalletLeases; clock: Clock },
  { held, due, processed }: { held: readonly HeldLease[]; due: readonly Payment[]; processed: readonly Processed[] },
): Promise<void> {
  const before = new Map(due.map((payment) => [payment.id, payment]))
  await inTransaction(pool, async (client) => {
    const ours = await leases.giveUp(client, held)
    const changes = processed.flatMap((after) => {
      const was = before.get(after.id)
      return was && ours.has(after.leasedWalletId) ? [{ before: was, after }] : []
    })
    await writeChanges(client, changes, clock.now())
  })
}
