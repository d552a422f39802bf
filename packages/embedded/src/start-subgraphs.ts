import {
  createForexSubgraph,
  exposurePolicyOf,
  preferredIntervalMs,
  quoteLimitsOf,
  standardPolicies,
} from '@corridor/forex'
import { createLedgerSubgraph } from '@corridor/ledger'
import { createPaymentSubgraph } from '@corridor/payment'
import { type Clock, createVerifier, inProcessCache, type Logger, redisCache, type Wakeups } from '@corridor/platform'
import {
  createProfileSubgraph,
  type ProfileSubgraph,
  SANDBOX_KYC,
  sandboxKycProvider,
  scimDirectory,
} from '@corridor/profile'
import { createRuleEngineSubgraph } from '@corridor/rule-engine'
import { type ServeOptions, type Subgraph, serveSubgraph } from '@corridor/subgraph'
import { createWalletSubgraph } from '@corridor/wallet'
import type { ForexSettings } from './forex-settings.ts'
import type { Foundation } from './foundation.ts'
import { routerUrl } from './ports.ts'
import type { ServiceClients } from './service-clients.ts'
import type { External } from './settings.ts'
import type { StopStack } from './stop-stack.ts'

export interface SubgraphsInput extends Foundation {
  readonly clients: ServiceClients
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  readonly stops: StopStack
  readonly forex: ForexSettings
  readonly external: External
}

/** Builds and serves the six subgraphs, each taking nothing but tokens for itself. */
export async function startSubgraphs(input: SubgraphsInput): Promise<{ profile: ProfileSubgraph }> {
  const { databases, secrets, clients, clock, logger, wakeups, stops, forex: rates } = input
  const shared = { clock, logger, wakeups }
  const own = <S extends Subgraph>(subgraph: S): S => {
    stops.push(`the ${subgraph.name} subgraph`, () => subgraph.close())
    return subgraph
  }

  const cache =
    input.external.redisUrl === undefined ? inProcessCache() : redisCache({ url: input.external.redisUrl, logger })
  stops.push('the cache of rates', () => cache.close())
  const forex = own(
    await createForexSubgraph({
      ...shared,
      databaseUrl: databases.forex,
      idempotencySecret: secrets.text('forex.idempotency'),
      ...clients.of('forex-service', 'ledger'),
      cache,
      policies: standardPolicies({ intervalMs: preferredIntervalMs(rates.market) }, rates.policy),
      limits: quoteLimitsOf(rates.policy),
      exposurePolicy: exposurePolicyOf(rates.policy),
      dynamo: rates.dynamo,
    }),
  )
  const publicUrl = routerUrl(input.ports)
  const ledger = own(await createLedgerSubgraph({ ...shared, databaseUrl: databases.ledger, publicUrl }))
  const profile = own(await createProfile(input))
  const rules = own(
    await createRuleEngineSubgraph({
      ...shared,
      databaseUrl: databases['rule-engine'],
      ...clients.of('rule-engine-service', 'forex'),
    }),
  )
  const wallet = own(
    await createWalletSubgraph({
      ...shared,
      databaseUrl: databases.wallet,
      idempotencySecret: secrets.text('wallet.idempotency'),
      ...clients.of('wallet-service', 'ledger', 'profile'),
    }),
  )
  const { 'rule-engine': rulesClient, ...others } = clients.of(
    'payment-service',
    'forex',
    'profile',
    'rule-engine',
    'wallet',
  )
  const payment = own(
    await createPaymentSubgraph({
      ...shared,
      databaseUrl: databases.payment,
      idempotencySecret: secrets.text('payment.idempotency'),
      funding: { provider: 'sandbox', callbackSecret: secrets.text('payment.callback') },
      webhookKey: secrets.text('payment.webhook'),
      allowPrivateWebhooks: input.external.allowPrivateWebhooks ?? false,
      fees: input.external.fees,
      rules: rulesClient,
      ...others,
    }),
  )
  for (const subgraph of [forex, rules, wallet]) await serve(input, subgraph)
  await serve(input, profile, profile.routes)
  await serve(input, ledger, ledger.routes)
  await serve(input, payment, payment.routes)
  return { profile }
}

async function serve(input: SubgraphsInput, subgraph: Subgraph, routes: ServeOptions['routes'] = {}): Promise<void> {
  const { ports, secrets, clock, logger, stops } = input
  const server = await serveSubgraph(subgraph, {
    port: ports[subgraph.name],
    verifier: createVerifier({ audience: subgraph.name, publicJwks: secrets.publicKeys, clock }),
    logger,
    clock,
    routes,
  })
  stops.push(`the ${subgraph.name} subgraph's server`, () => server.close())
}

/** The profile subgraph of a development platform, with the sandbox for identity checks. */
export function createProfile(
  input: Foundation & Pick<SubgraphsInput, 'clients' | 'clock' | 'logger' | 'wakeups'>,
): Promise<ProfileSubgraph> {
  const { secrets, identity, clients, clock, logger, wakeups } = input
  return createProfileSubgraph({
    ...profileSettings(input),
    ...{ clock, logger, wakeups },
    idempotencySecret: secrets.text('profile.idempotency'),
    directory: scimDirectory({ ...identity.management, clock }),
    kycProviders: [sandboxKycProvider({ ...sandboxKycSettings(input), clock, logger })],
    identityWebhookSecret: secrets.text('profile.identityWebhook'),
    production: false,
    ...clients.of('profile-service', 'ledger', 'payment'),
  })
}

/** Where the sandbox for identity checks shows its pages, and whom it calls back. */
export const sandboxKycSettings = ({ ports, secrets }: Pick<Foundation, 'ports' | 'secrets'>) => ({
  callbackUrl: `http://localhost:${ports.router}/callbacks/${SANDBOX_KYC}`,
  callbackSecret: secrets.text('profile.sandboxKyc'),
  pageUrl: `http://localhost:${ports.profile}`,
})

/** Where profiles lie, and the keys that open them. */
export const profileSettings = ({ databases, secrets }: Pick<Foundation, 'databases' | 'secrets'>) => ({
  databaseUrl: databases.profile,
  keysDatabaseUrl: databases['profile-keys'],
  masterKey: toBase64(secrets.text('profile.masterKey')),
  indexKey: toBase64(secrets.text('profile.indexKey')),
})

const toBase64 = (base64url: string): string => Buffer.from(base64url, 'base64url').toString('base64')
