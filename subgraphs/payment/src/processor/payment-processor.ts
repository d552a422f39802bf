import { Loop, queueChannel, Sequencer } from '@corridor/events'
import {
  type Clock,
  createPool,
  inGroupSpan,
  inTransaction,
  invariant,
  type Logger,
  type Pool,
  type Wakeups,
} from '@corridor/platform'
import type { ServiceClient } from '@corridor/subgraph'
import { SpanKind } from '@opentelemetry/api'
import type { Payment } from '../domain/payment.ts'
import type { FundingProvider } from '../providers/funding-provider.ts'
import { openAskedItem } from '../use-cases/asked-items.ts'
import {
  DUE_CHANNEL,
  EVENTS_CHANNEL,
  EVENTS_QUEUED_CHANNEL,
  ITEMS_CHANNEL,
  WITH_PROVIDER_CHANNEL,
} from '../use-cases/channels.ts'
import { PLACE_EVENTS } from '../use-cases/event-store.ts'
import { type Errand, markAsked, readDue, readPayments, writeChanges } from '../use-cases/payment-store.ts'
import { beneficiaryPort, ledgerPort, pricePort, rulesPort } from '../use-cases/ports.ts'
import { forgetQuotes } from '../use-cases/quote-store.ts'
import { hasOtherAmount, openItem } from '../use-cases/reconciliation-store.ts'
import { expireReviews } from '../use-cases/record-intent.ts'
import { readDueRefunds, readRefunds, writeRefunds } from '../use-cases/refund-store.ts'
import { hastenDue } from './hasten-due.ts'
import { postItems } from './post-items.ts'
import { processGroup } from './process-group.ts'
import { type ProcessedRefund, processRefund, type RefundToProcess } from './process-refunds.ts'
import type { ProcessDeps, Processed } from './processed.ts'
import { openSettledInVain } from './settled-in-vain.ts'
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
  readonly profile: ServiceClient
  readonly providers: Readonly<Record<string, FundingProvider>>
  /** How long a lease lasts when it is not renewed: so long the payments of a dead processor wait for the next. */
  readonly leaseMs?: number
  /** Where a test may end the process. Absent otherwise. */
  readonly checkpoint?: ((at: Checkpoint) => Promise<void>) | undefined
}

/** `commit:middle` is inside the transaction, with everything written; `asking` commits what a provider is about to be asked. */
export type Checkpoint =
  | 'lease:before'
  | 'lease:after'
  | 'asking:before'
  | 'asking:after'
  | 'commit:before'
  | 'commit:middle'
  | 'commit:after'

export interface PaymentProcessor {
  readonly pool: Pool
  start(): void
  stop(): Promise<void>
}

const MAX_WALLETS = 100
const MAX_PAYMENTS = 500
const MAX_REFUNDS = 100
const ITEMS_POLL_MS = 5_000
const FORGET_POLL_MS = 600_000
/** How long a quote that nobody used is kept when it has expired. */
const QUOTES_KEPT_MS = 24 * 60 * 60 * 1000
const MAX_FORGOTTEN = 1_000
/** Renewed while its holder works. One that hangs longer has lost it, and commits nothing. */
const LEASE_MS = 5_000
const POLL_MS = 250
/** How long a clock that was set back may hold up what was under way. */
const HASTEN_POLL_MS = 10_000
/** After that no more is begun one by one in a round: what is done is committed, and what is left comes next. */
const ROUND_MS = 10_000

/**
 * Moves payments: leases wallets that have something due, brings their payments a step further, and commits what came
 * of it, guarded by the leases' fences and the payments' versions. What needs a provider goes in rounds of its own: a slow
 * one holds up the wallets that deal with it, and no others. It scales by starting more of them. Beside it runs the
 * sequencer that gives payment events their positions.
 */
export function createPaymentProcessor(deps: ProcessorDeps): PaymentProcessor {
  const { clock, logger, wakeups, providers, leaseMs = LEASE_MS, checkpoint } = deps
  const pool = createPool({ url: deps.databaseUrl, service: deps.service, max: 6 })
  const leases = new WalletLeases(leaseMs)
  const words: Pick<ProcessDeps, 'movedOtherwise' | 'openAskedItem'> = {
    movedOtherwise: (id, posting) => hasOtherAmount(pool, id, posting),
    openAskedItem: (other) => openAskedItem(pool, other),
  }
  const ports = { clock, logger, providers, ...words, ...portsOf(deps) }

  const round = async (errand: Errand): Promise<boolean> => {
    await checkpoint?.('lease:before')
    const held = await leases.take(pool, { errand, now: clock.now(), limit: MAX_WALLETS })
    if (held.length === 0) return false
    await checkpoint?.('lease:after')
    return await leases.keepWhile({ pool, leases: held, logger }, () => process(errand, held))
  }

  const process = async (errand: Errand, held: readonly HeldLease[]): Promise<boolean> => {
    const began = clock.now().getTime()
    const isOver = (): boolean => clock.now().getTime() - began > ROUND_MS
    const round = { ...ports, isOver, aboutToBegin: (payments: readonly Payment[]) => aboutToBegin(held, payments) }
    const due = await duePayments(errand, held)
    const refunds = await refundsOf(errand, held)
    if (due.length === 0 && refunds.length === 0) return await bringFurther(held, round, due, refunds)
    const traceparents = [...due, ...refunds.map(({ payment }) => payment)].map(({ traceparent }) => traceparent)
    return await inGroupSpan(
      { service: deps.service, name: 'process payments', kind: SpanKind.CONSUMER },
      traceparents,
      () => bringFurther(held, round, due, refunds),
    )
  }

  const bringFurther = async (
    held: readonly HeldLease[],
    round: ProcessDeps,
    due: readonly Payment[],
    refunds: readonly RefundToProcess[],
  ): Promise<boolean> => {
    const processed = due.length === 0 ? [] : await processGroup(round, due)
    const refunded: ProcessedRefund[] = []
    for (const refund of refunds) {
      if (refunded.length === 0 || !round.isOver()) refunded.push(await processRefund(round, refund))
    }
    const before = new Map([...due, ...refunds.map(({ payment }) => payment)].map((payment) => [payment.id, payment]))
    await checkpoint?.('commit:before')
    await commit({ pool, leases, clock, checkpoint }, { held, before, processed, refunded })
    await checkpoint?.('commit:after')
    for (const channel of [EVENTS_QUEUED_CHANNEL, queueChannel('payment'), ITEMS_CHANNEL]) wakeups.wake(channel)
    if (processed.some(({ status }) => status === 'AUTHORIZED')) wakeups.wake(WITH_PROVIDER_CHANNEL)
    return due.length > 0 || refunds.length > 0
  }

  const duePayments = async (errand: Errand, held: readonly HeldLease[]): Promise<Payment[]> => {
    const walletIds = held.map(({ walletId }) => walletId)
    const now = clock.now()
    const due = await readDue(pool, { errand, walletIds, now, limit: MAX_PAYMENTS })
    return await expireReviews(pool, due, now)
  }

  const aboutToBegin = async (
    held: readonly HeldLease[],
    payments: readonly Payment[],
  ): Promise<ReadonlySet<string>> => {
    await checkpoint?.('asking:before')
    const asked = await inTransaction(pool, async (client) => {
      const ours = await leases.lock(client, held)
      const ids = payments.filter(({ leasedWalletId }) => ours.has(leasedWalletId)).map(({ id }) => id)
      return await markAsked(client, ids, clock.now())
    })
    await checkpoint?.('asking:after')
    return asked
  }

  const refundsOf = async (errand: Errand, held: readonly HeldLease[]): Promise<RefundToProcess[]> => {
    const walletIds = held.filter(({ hasRefunds }) => hasRefunds).map(({ walletId }) => walletId)
    const due = await readDueRefunds(pool, { errand, walletIds, now: clock.now(), limit: MAX_REFUNDS })
    const paymentIds = due.map(({ paymentId }) => paymentId)
    const all = await readRefunds(pool, paymentIds)
    const payments = due.length === 0 ? new Map<string, Payment>() : await readPayments(pool, paymentIds)
    return due.flatMap((refund) => {
      const payment = payments.get(refund.paymentId)
      return payment ? [{ refund, payment, refunds: all.get(refund.paymentId) ?? [] }] : []
    })
  }

  const items = new Loop({
    name: `${deps.service}:suspense`,
    logger,
    round: () => postItems({ pool, clock, ledger: ports.ledger }),
    pollMs: ITEMS_POLL_MS,
    wakeups,
    channels: [ITEMS_CHANNEL],
  })

  const forgetting = new Loop({
    name: `${deps.service}:quotes`,
    logger,
    round: async () => {
      const before = new Date(clock.now().getTime() - QUOTES_KEPT_MS)
      return (await forgetQuotes(pool, before, MAX_FORGOTTEN)) === MAX_FORGOTTEN
    },
    pollMs: FORGET_POLL_MS,
  })
  const hastening = new Loop({
    name: `${deps.service}:clock`,
    logger,
    round: async () => {
      const hastened = await hastenDue(pool, clock.now())
      if (hastened > 0) logger.warn({ payments: hastened }, 'clocks disagree: what was due later is due now')
      return false
    },
    pollMs: HASTEN_POLL_MS,
  })
  const inHouse = new Loop({
    name: deps.service,
    logger,
    round: () => round('IN_HOUSE'),
    pollMs: POLL_MS,
    wakeups,
    channels: [DUE_CHANNEL],
  })
  const withProvider = new Loop({
    name: `${deps.service}:provider`,
    logger,
    round: () => round('WITH_PROVIDER'),
    pollMs: POLL_MS,
    wakeups,
    channels: [WITH_PROVIDER_CHANNEL],
  })
  const sequencer = new Sequencer({
    name: 'payment-events',
    pool,
    queueTable: 'payment_event_queue',
    place: PLACE_EVENTS,
    placed: () => wakeups.wake(EVENTS_CHANNEL),
    logger,
    wakeups,
    channel: EVENTS_QUEUED_CHANNEL,
  })

  return {
    pool,
    start() {
      sequencer.start()
      inHouse.start()
      withProvider.start()
      items.start()
      forgetting.start()
      hastening.start()
    },
    async stop() {
      await Promise.all([inHouse.stop(), withProvider.stop()])
      await Promise.all([items.stop(), forgetting.stop(), hastening.stop()])
      await sequencer.stop()
      await pool.end()
    },
  }
}

const portsOf = ({ forex, rules, ledger, profile }: ProcessorDeps) => ({
  beneficiaries: beneficiaryPort(profile),
  prices: pricePort(forex),
  rules: rulesPort(rules),
  ledger: ledgerPort(ledger),
})

/** What was decided for wallets whose lease is lost is dropped: another holder decides, and comes to the same. */
async function commit(
  {
    pool,
    leases,
    clock,
    checkpoint,
  }: { pool: Pool; leases: WalletLeases } & Pick<ProcessorDeps, 'clock' | 'checkpoint'>,
  work: {
    held: readonly HeldLease[]
    before: ReadonlyMap<string, Payment>
    processed: readonly Processed[]
    refunded: readonly ProcessedRefund[]
  },
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const ours = await leases.giveUp(client, work.held)
    const refunded = work.refunded.filter(({ refund }) => ours.has(refund.leasedWalletId))
    const processed = work.processed.filter(({ leasedWalletId }) => ours.has(leasedWalletId))
    const given = refunded.flatMap(({ payment }) => payment ?? [])
    // An intent that came too late makes a payment due that a refund of this round changes as well, and leaves at rest.
    const changed = [...processed.filter(({ id }) => !given.some((payment) => payment.id === id)), ...given]
    const changes = changed.flatMap((after) => {
      const was = work.before.get(after.id)
      return was ? [{ before: was, after }] : []
    })
    const now = clock.now()
    const written = await writeChanges(client, changes, now)
    const lost = refunded.find(({ payment }) => payment !== null && !written.has(payment.id))
    invariant(!lost, 'a payment at rest is changed by its refunds alone, one at a time')
    await writeRefunds(
      client,
      refunded.map(({ refund }) => refund),
      now,
    )
    for (const { item } of refunded) if (item) await openItem(client, item)
    await openSettledInVain(
      client,
      changed.filter(({ id }) => written.has(id)),
      now,
    )
    await checkpoint?.('commit:middle')
  })
}
