import { fileURLToPath } from 'node:url'
import {
  type Clock,
  createPool,
  IdempotencyKeys,
  type Logger,
  type Pool,
  setting,
  type Wakeups,
} from '@corridor/platform'
import {
  buildFederatedSchema,
  type HttpReply,
  type HttpRequest,
  jsonReply,
  type ServiceClient,
  type Subgraph,
} from '@corridor/subgraph'
import { type FeePolicy, isFeePolicy, STANDARD_FEES } from './domain/fee.ts'
import { PaymentEventWatcher } from './event-watcher.ts'
import { observeWaiting } from './payment-metrics.ts'
import { callbackReaders, type Funding } from './providers/funding.ts'
import { PaymentEventResolver } from './resolvers/event-resolver.ts'
import { OwnerResolver } from './resolvers/owner-resolver.ts'
import { ProfilePaymentsResolver, WalletPaymentsResolver } from './resolvers/payment-lists.ts'
import { createPaymentReader, PaymentResolver } from './resolvers/payment-resolver.ts'
import { PaymentQuoteResolver } from './resolvers/quote-resolver.ts'
import { ProfileRef } from './resolvers/references.ts'
import { WebhookResolver } from './resolvers/webhook-resolver.ts'
import { beneficiaryPort, quotePort, rulesPort, walletPort } from './use-cases/ports.ts'
import { takeCallback } from './use-cases/take-callback.ts'
import { TakeIn } from './use-cases/take-in.ts'
import { WebhookSecrets } from './webhooks/webhook-secret.ts'
import { WebhookUseCases } from './webhooks/webhook-use-cases.ts'

export type { FeePolicy } from './domain/fee.ts'
export {
  type Checkpoint,
  createPaymentProcessor,
  type PaymentProcessor,
  type ProcessorDeps,
} from './processor/payment-processor.ts'
export { FUNDING_SETTINGS, type Funding, fundingOf, stripeOf } from './providers/funding.ts'
export type { FundingProvider, ProviderPayment } from './providers/funding-provider.ts'
export { sandboxProvider } from './providers/sandbox-provider.ts'
export { DUE_CHANNEL } from './use-cases/channels.ts'
export { holdAgainstLedger, type ReadActions } from './use-cases/hold-against-ledger.ts'
export { closeItem, listOpenItems, type ReconciliationItem } from './use-cases/reconciliation-store.ts'
export { createWebhookSender, type WebhookSender, type WebhookSenderDeps } from './webhooks/webhook-sender.ts'
export { type DeadDelivery, listDeadDeliveries, replayDeadDeliveries } from './webhooks/webhook-store.ts'

/** Numbered SQL; read where it lies, so that it need not be copied by the build. */
export const paymentMigrations = fileURLToPath(new URL('../src/migrations', import.meta.url))

/** The fees of all who quote, and by what they quoted of all that is paid: only who takes payments in reads it. */
export const FEE_SETTINGS = {
  PAYMENT_FEES: setting.optional(
    setting.json(isFeePolicy, '{"standardBps": 50, "corridors": {"USDINR": 75}}, in basis points'),
  ),
}

export interface PaymentDeps {
  readonly databaseUrl: string
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  readonly idempotencySecret: string
  readonly funding: Funding
  readonly forex: ServiceClient
  readonly rules: ServiceClient
  readonly wallet: ServiceClient
  readonly profile: ServiceClient
  /** Default: 50 basis points everywhere. */
  readonly fees?: FeePolicy | undefined
  /** Seals the secrets of webhooks: 32 bytes in base64. */
  readonly webhookKey: string
  /** Lets webhooks lead to this machine and to private networks. Default: false. */
  readonly allowPrivateWebhooks?: boolean
}

type Route = (request: HttpRequest & { readonly path: string }) => Promise<HttpReply>

export interface PaymentSubgraph extends Subgraph {
  readonly pool: Pool
  /** The callbacks of providers, to be served beside GraphQL. */
  readonly routes: Readonly<Record<string, Route>>
}

const CALLBACK_STATUS: Readonly<Record<string, number>> = { SIGNATURE_INVALID: 401, NOT_FOUND: 404 }

/** Payments over `payment_db`: taken in here, moved by the processor, watched as events by position. */
export async function createPaymentSubgraph(deps: PaymentDeps): Promise<PaymentSubgraph> {
  const { clock, logger, wakeups, funding, fees = STANDARD_FEES } = deps
  const pool = createPool({ url: deps.databaseUrl, service: 'payment-service' })
  const endReading = observeWaiting(pool)
  const keys = new IdempotencyKeys(deps.idempotencySecret)
  const wallets = walletPort(deps.wallet)
  const quotes = quotePort(deps.forex)
  const watcher = new PaymentEventWatcher({ pool, wakeups, logger })
  const reader = createPaymentReader(pool)
  const common = {
    pool,
    clock,
    wallets,
    quotes,
    fees,
    beneficiaries: beneficiaryPort(deps.profile),
    defaultProvider: funding.provider,
  }
  const taking = { ...common, wakeups, keys }
  const webhooks = new WebhookUseCases({
    pool,
    clock,
    wakeups,
    keys,
    secrets: new WebhookSecrets(deps.webhookKey),
    allowPrivate: deps.allowPrivateWebhooks ?? false,
  })
  const schema = await buildFederatedSchema({
    resolvers: [
      new PaymentResolver(taking, new TakeIn(taking), reader),
      new PaymentQuoteResolver({ ...common, rules: rulesPort(deps.rules) }),
      new PaymentEventResolver(pool, watcher, reader),
      new WalletPaymentsResolver(pool),
      new ProfilePaymentsResolver(pool),
      new OwnerResolver(pool),
      new WebhookResolver(webhooks, keys),
    ],
    orphanedTypes: [ProfileRef],
    references: {
      Payment: { load: (ids, context) => Promise.all(ids.map((id) => reader(id, context))) },
      Wallet: { load: async (ids) => ids.map((id) => ({ id })) },
      Profile: { load: async (ids) => ids.map((id) => ({ id })) },
    },
  })
  const readers = callbackReaders(funding)
  const callback: Route = async (request) => {
    const provider = request.path.slice(request.path.lastIndexOf('/') + 1)
    const taken = await takeCallback({ pool, clock, wakeups, logger, readers }, provider, request)
    if (taken.ok) return jsonReply(200, { status: 'taken' })
    const { code, message } = taken
    return jsonReply(CALLBACK_STATUS[code] ?? 400, { errors: [{ message, extensions: { code } }] })
  }
  return {
    name: 'payment',
    schema,
    pool,
    routes: { 'POST /callbacks/*': callback },
    async close() {
      endReading()
      watcher.close()
      await pool.end()
    },
  }
}
