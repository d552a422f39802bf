import { hasScope, type IdempotencyKeys, orThrow, refuse } from '@corridor/platform'
import { InternalField, RequiresScopes, requestLoader, type SubgraphContext, subjectOf } from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { Wallet } from '../entities/wallet.ts'
import { maySeeWallet, type WalletUseCases } from '../use-cases/wallet-use-cases.ts'
import { OpenWalletInput, PaymentWallet, ProfileType } from './wallet-types.ts'

const MAX_BATCH = 2_000

/** Wallets by id that the caller may see, one statement a request. */
export const createWalletReader = (useCases: WalletUseCases) =>
  requestLoader<Wallet | null>(async (ids, { caller }) => {
    const wallets = await useCases.wallets(ids)
    return ids.map((id) => {
      const wallet = wallets.get(id)
      return wallet && maySeeWallet(caller, wallet) ? wallet : null
    })
  })

export type WalletReader = ReturnType<typeof createWalletReader>

@Resolver(() => Wallet)
export class WalletResolver {
  constructor(
    private readonly useCases: WalletUseCases,
    private readonly reader: WalletReader,
    private readonly keys: IdempotencyKeys,
  ) {}

  @RequiresScopes('wallets:read')
  @Query(() => Wallet, { nullable: true })
  wallet(@Arg('id', () => ID) id: string, @Ctx() context: SubgraphContext): Promise<Wallet | null> {
    return this.reader(id, context)
  }

  @RequiresScopes('wallets:read')
  @Query(() => [Wallet])
  async myWallets(@Ctx() { caller }: SubgraphContext): Promise<readonly Wallet[]> {
    const owner = subjectOf(caller)
    return (await this.useCases.walletsOf([owner])).get(owner) ?? []
  }

  @RequiresScopes('wallets:write')
  @Mutation(() => Wallet)
  async openWallet(
    @Arg('input', () => OpenWalletInput) input: OpenWalletInput,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<Wallet> {
    subjectOf(caller)
    const idempotencyKey = orThrow(this.keys.check(input.idempotencyKey))
    const { currency, name = null } = input
    return orThrow(await this.useCases.openWallet(caller, { idempotencyKey, currency, name }))
  }

  @RequiresScopes('wallets:write')
  @Mutation(() => Wallet)
  async closeWallet(@Arg('id', () => ID) id: string, @Ctx() { caller }: SubgraphContext): Promise<Wallet> {
    subjectOf(caller)
    return orThrow(await this.useCases.closeWallet(id, caller))
  }

  @RequiresScopes('wallets:admin')
  @Mutation(() => Wallet)
  async freezeWallet(@Arg('id', () => ID) id: string, @Arg('reason', () => String) reason: string): Promise<Wallet> {
    return orThrow(await this.useCases.freezeWallet(id, reason))
  }

  @RequiresScopes('wallets:admin')
  @Mutation(() => Wallet)
  async unfreezeWallet(@Arg('id', () => ID) id: string, @Ctx() { caller }: SubgraphContext): Promise<Wallet> {
    return orThrow(await this.useCases.unfreezeWallet(id, caller))
  }

  /** What payments need to know of wallets; null for an id that is none. */
  @InternalField('payment-service', 'payment-processor')
  @Query(() => [PaymentWallet], { nullable: 'items' })
  async paymentWallets(@Arg('ids', () => [ID]) ids: string[]): Promise<(PaymentWallet | null)[]> {
    if (ids.length > MAX_BATCH) orThrow(refuse('BATCH_TOO_LARGE', undefined, 'ids'))
    const wallets = await this.useCases.wallets(ids)
    return ids.map((id) => {
      const wallet = wallets.get(id)
      return wallet ? { id, owner: wallet.ownerId, currency: wallet.currency, status: wallet.status } : null
    })
  }

  @FieldResolver(() => ProfileType, { nullable: true })
  owner(@Root() { ownerId }: Wallet): ProfileType {
    return { id: ownerId }
  }
}

@Resolver(() => ProfileType)
export class ProfileWalletsResolver {
  private readonly walletsOf: (id: string, context: SubgraphContext) => Promise<readonly Wallet[]>

  constructor(useCases: WalletUseCases) {
    this.walletsOf = requestLoader(async (owners) => {
      const wallets = await useCases.walletsOf(owners)
      return owners.map((owner) => wallets.get(owner) ?? [])
    })
  }

  @RequiresScopes('wallets:read')
  @FieldResolver(() => [Wallet], { nullable: true })
  async wallets(@Root() { id }: ProfileType, @Ctx() context: SubgraphContext): Promise<readonly Wallet[] | null> {
    const { caller } = context
    const may = caller.subject === id || hasScope(caller, 'wallets:admin') || hasScope(caller, 'ledger:audit')
    return may ? await this.walletsOf(id, context) : null
  }
}
