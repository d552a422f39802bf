import { fileURLToPath } from 'node:url'
import { type Clock, createOrm, IdempotencyKeys, type Logger, type Wakeups } from '@corridor/platform'
import { buildFederatedSchema, type ServiceClient, type Subgraph } from '@corridor/subgraph'
import { Wallet } from './entities/wallet.ts'
import { createWalletReader, ProfileWalletsResolver, WalletResolver } from './resolvers/wallet-resolver.ts'
import { ledgerPort, profilePort } from './use-cases/ports.ts'
import { WalletUseCases } from './use-cases/wallet-use-cases.ts'

export { type AccountDecision, followAccounts, readWalletsOutOfUse } from './use-cases/follow-accounts.ts'

/** Numbered SQL; read where it lies, so that it need not be copied by the build. */
export const walletMigrations = fileURLToPath(new URL('../src/migrations', import.meta.url))

export interface WalletSubgraphDeps {
  readonly databaseUrl: string
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  readonly idempotencySecret: string
  readonly ledger: ServiceClient
  readonly profile: ServiceClient
}

/** Wallets over `wallet_db`: who owns them, what they are called, and whether they are in use. */
export async function createWalletSubgraph(deps: WalletSubgraphDeps): Promise<Subgraph> {
  const { clock, wakeups } = deps
  const orm = await createOrm({ url: deps.databaseUrl, service: 'wallet-service', entities: [Wallet] })
  const keys = new IdempotencyKeys(deps.idempotencySecret)
  const ports = { ledger: ledgerPort(deps.ledger), profiles: profilePort(deps.profile) }
  const useCases = new WalletUseCases({ orm, keys, clock, wakeups, ...ports })
  const reader = createWalletReader(useCases)
  const schema = await buildFederatedSchema({
    resolvers: [new WalletResolver(useCases, reader, keys), new ProfileWalletsResolver(useCases)],
    references: {
      Wallet: { load: (ids, context) => Promise.all(ids.map((id) => reader(id, context))) },
      Profile: { load: async (ids) => ids.map((id) => ({ id })) },
    },
  })
  return {
    name: 'wallet',
    schema,
    close: () => orm.close(),
  }
}
