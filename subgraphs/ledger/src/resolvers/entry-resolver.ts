import { invariant } from '@corridor/platform'
import { MoneyType, type SubgraphContext, toMoneyType } from '@corridor/subgraph'
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { EntryRecord } from '../queries/entries.ts'
import type { TransferRecord } from '../queries/transfers.ts'
import { EntryType } from './account-type.ts'
import type { TransferReader } from './transfer-resolver.ts'

/** An entry of an account that the caller may see, in the account's currency. */
export type EntryNode = EntryRecord & { readonly currency: string }

@Resolver(() => EntryType)
export class EntryResolver {
  constructor(private readonly transfers: TransferReader) {}

  @FieldResolver()
  sequence(@Root() { number }: EntryNode): string {
    return String(number)
  }

  @FieldResolver()
  async transfer(@Root() { transferId }: EntryNode, @Ctx() context: SubgraphContext): Promise<TransferRecord> {
    const transfer = await this.transfers(transferId, context)
    invariant(transfer, 'who sees an entry sees its transfer: it touches his account')
    return transfer
  }

  @FieldResolver()
  amount(@Root() { amountMinor, currency }: EntryNode): MoneyType {
    return toMoneyType({ amountMinor, currency })
  }

  @FieldResolver()
  balanceAfter(@Root() { balanceAfterMinor, currency }: EntryNode): MoneyType {
    return toMoneyType({ amountMinor: balanceAfterMinor, currency })
  }
}
