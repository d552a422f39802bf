import { isUuid, orThrow, type Pool } from '@corridor/platform'
import {
  type Connection,
  CurrencyScalar,
  DateTimeScalar,
  encodeCursor,
  isNumber,
  MoneyType,
  pageOf,
  parseCurrency,
  parseDateTime,
  RequiresScopes,
  type SubgraphContext,
  toConnection,
  toMoneyType,
} from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql'
import type { AccountState } from '../domain/journal.ts'
import { balanceAt, listAccounts } from '../queries/accounts.ts'
import { listEntries } from '../queries/entries.ts'
import { viewerOf } from '../queries/viewer.ts'
import type { AccountReader } from './account-reader.ts'
import { AccountConnection, AccountType, EntryConnection } from './account-type.ts'
import type { EntryNode } from './entry-resolver.ts'

@Resolver(() => AccountType)
export class AccountResolver {
  constructor(
    private readonly pool: Pool,
    private readonly accountReader: AccountReader,
  ) {}

  @RequiresScopes('ledger:read')
  @Query(() => AccountType, { nullable: true })
  account(@Arg('id', () => ID) id: string, @Ctx() context: SubgraphContext): Promise<AccountState | null> {
    return this.accountReader(id, context)
  }

  @RequiresScopes('ledger:read')
  @Query(() => AccountConnection)
  async accounts(
    @Ctx() { caller }: SubgraphContext,
    @Arg('code', () => String, { nullable: true }) code: string | null,
    @Arg('currency', () => CurrencyScalar, { nullable: true }) currency: string | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
  ): Promise<Connection<AccountState>> {
    if (currency) orThrow(parseCurrency(currency, 'currency'))
    const page = orThrow(pageOf({ first: first ?? 20, after, keyParts: 1, isKey: isUuid }))
    const filter = { code: code ?? null, currency: currency ?? null }
    const rows = await listAccounts(this.pool, { filter, page, viewer: viewerOf(caller) })
    return toConnection(rows, page, { node: (row) => row, cursor: (row) => encodeCursor(row.id) })
  }

  @FieldResolver()
  posted(@Root() { postedMinor, currency }: AccountState): MoneyType {
    return toMoneyType({ amountMinor: postedMinor, currency })
  }

  @FieldResolver()
  held(@Root() { heldMinor, currency }: AccountState): MoneyType {
    return toMoneyType({ amountMinor: heldMinor, currency })
  }

  @FieldResolver()
  available(@Root() { postedMinor, heldMinor, currency }: AccountState): MoneyType {
    return toMoneyType({ amountMinor: postedMinor - heldMinor, currency })
  }

  @FieldResolver()
  version(@Root() { version }: AccountState): string {
    return String(version)
  }

  @FieldResolver(() => MoneyType)
  async balanceAt(
    @Root() { id, currency }: AccountState,
    @Arg('at', () => DateTimeScalar) at: string,
  ): Promise<MoneyType> {
    const amountMinor = await balanceAt(this.pool, { accountId: id, at: orThrow(parseDateTime(at, 'at')) })
    return toMoneyType({ amountMinor, currency })
  }

  @FieldResolver(() => EntryConnection)
  async entries(
    @Root() account: AccountState,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Arg('from', () => DateTimeScalar, { nullable: true }) from: string | null,
    @Arg('to', () => DateTimeScalar, { nullable: true }) to: string | null,
  ): Promise<Connection<EntryNode>> {
    const page = orThrow(pageOf({ first: first ?? 20, after, keyParts: 1, isKey: isNumber }))
    const rows = await listEntries(this.pool, {
      accountId: account.id,
      page,
      from: from ? orThrow(parseDateTime(from, 'from')) : null,
      to: to ? orThrow(parseDateTime(to, 'to')) : null,
    })
    return toConnection(rows, page, {
      node: (row) => ({ ...row, currency: account.currency }),
      cursor: (row) => encodeCursor(row.number),
    })
  }
}
