import { RefusalError, refuse } from '@corridor/platform'
import { Live, MoneyType, RequiresScopes, type SubgraphContext, subscribeWith, toMoneyType } from '@corridor/subgraph'
import { Arg, FieldResolver, ID, Resolver, Root, Subscription } from 'type-graphql'
import type { BalanceWatcher } from '../balance-watcher.ts'
import type { AccountState } from '../domain/journal.ts'
import type { AccountReader } from './account-reader.ts'
import { WalletType } from './account-type.ts'

/** A wallet as the ledger knows it: by its account, null where that is not the caller's to see. */
export interface WalletNode {
  readonly id: string
  readonly account: AccountState | null
}

interface Balance {
  readonly posted: MoneyType
  readonly held: MoneyType
  readonly available: MoneyType
}

@Resolver(() => WalletType)
export class WalletResolver {
  constructor(
    private readonly accountReader: AccountReader,
    private readonly watcher: BalanceWatcher,
  ) {}

  @FieldResolver()
  balance(@Root() { account }: WalletNode): Balance | null {
    if (account === null) return null
    const { postedMinor, heldMinor, currency } = account
    const money = (amountMinor: bigint): MoneyType => toMoneyType({ amountMinor, currency })
    return { posted: money(postedMinor), held: money(heldMinor), available: money(postedMinor - heldMinor) }
  }

  @FieldResolver()
  account(@Root() { account }: WalletNode): AccountState | null {
    return account
  }

  @Live({ conflateBy: 'id' })
  @RequiresScopes('wallets:read')
  @Subscription(() => WalletType, {
    description: 'The balance as it stands, then each change, conflated.',
    subscribe: subscribeWith(
      () => WalletResolver,
      (resolver, { walletId }: { walletId: string }, context) => resolver.watchBalance(walletId, context),
    ),
  })
  balanceChanged(@Root() wallet: WalletNode, @Arg('walletId', () => ID) _walletId: string): WalletNode {
    return wallet
  }

  async watchBalance(walletId: string, context: SubgraphContext): Promise<AsyncIterable<WalletNode>> {
    const account = await this.accountReader(walletId, context)
    if (!account) throw new RefusalError(refuse('NOT_FOUND', undefined, 'walletId'))
    return this.watcher.follow(account, (newest) => ({ id: walletId, account: newest }))
  }
}
