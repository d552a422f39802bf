import { type Caller, isUuid, type Pool } from '@corridor/platform'
import { MoneyType, RequiresScopes, requestLoader, type SubgraphContext, toMoneyType } from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import type { AccountState } from '../domain/journal.ts'
import { readTransfers, type TransferRecord } from '../queries/transfers.ts'
import { type Viewer, viewerOf } from '../queries/viewer.ts'
import type { AccountReader } from './account-reader.ts'
import { AccountType } from './account-type.ts'
import { TransferStateEnum, TransferType } from './transfer-type.ts'

/** Transfers by id that the caller may see, one statement a request. */
export const createTransferReader = (pool: Pool) =>
  readerFor(pool, (caller) => ({ ...viewerOf(caller), mayAdminWallets: false }))

/** Those behind entries: who administers wallets sees their accounts, and so what moved on them. */
export const createEntryTransferReader = (pool: Pool): TransferReader => readerFor(pool, viewerOf)

const readerFor = (pool: Pool, viewer: (caller: Caller) => Viewer) =>
  requestLoader<TransferRecord | null>(async (ids, { caller }) => {
    const found = await readTransfers(pool, ids.filter(isUuid), viewer(caller))
    return ids.map((id) => found.get(id) ?? null)
  })

export type TransferReader = ReturnType<typeof createTransferReader>

@Resolver(() => TransferType)
export class TransferResolver {
  constructor(
    private readonly transfers: TransferReader,
    private readonly accounts: AccountReader,
  ) {}

  @RequiresScopes('ledger:read')
  @Query(() => TransferType, { nullable: true })
  transfer(@Arg('id', () => ID) id: string, @Ctx() context: SubgraphContext): Promise<TransferRecord | null> {
    return this.transfers(id, context)
  }

  @FieldResolver(() => AccountType, {
    nullable: true,
    description: 'Null where the account is neither the caller’s nor open to him.',
  })
  debitAccount(@Root() transfer: TransferRecord, @Ctx() context: SubgraphContext): Promise<AccountState | null> {
    return this.accounts(transfer.debitAccountId, context)
  }

  @FieldResolver(() => AccountType, { nullable: true })
  creditAccount(@Root() transfer: TransferRecord, @Ctx() context: SubgraphContext): Promise<AccountState | null> {
    return this.accounts(transfer.creditAccountId, context)
  }

  @FieldResolver()
  debitAccountCode(@Root() transfer: TransferRecord): string {
    return transfer.debitCode
  }

  @FieldResolver()
  creditAccountCode(@Root() transfer: TransferRecord): string {
    return transfer.creditCode
  }

  @FieldResolver()
  amount(@Root() { amountMinor, currency }: TransferRecord): MoneyType {
    return toMoneyType({ amountMinor, currency })
  }

  @FieldResolver()
  postedAmount(@Root() { capturedMinor, currency }: TransferRecord): MoneyType | null {
    return capturedMinor === null ? null : toMoneyType({ amountMinor: capturedMinor, currency })
  }

  @FieldResolver()
  state(@Root() { action, resolution }: TransferRecord): TransferStateEnum {
    if (action === 'HOLD') return resolution === null ? TransferStateEnum.PENDING : STATE_OF[resolution]
    return STATE_OF[action]
  }
}

const STATE_OF = {
  POST: TransferStateEnum.POSTED,
  CAPTURE: TransferStateEnum.POSTED,
  VOID: TransferStateEnum.VOIDED,
  EXPIRE: TransferStateEnum.EXPIRED,
} as const
