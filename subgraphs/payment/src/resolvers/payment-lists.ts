import { orThrow, type Pool } from '@corridor/platform'
import {
  type Connection,
  encodeCursor,
  pageOf,
  RequiresScopes,
  type SubgraphContext,
  toConnection,
} from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql'
import type { Payment } from '../domain/payment.ts'
import { readPage } from '../use-cases/payment-store.ts'
import { numberOf } from './payment-cursor.ts'
import { PaymentConnectionType } from './payment-types.ts'
import { ProfileRef, WalletRef } from './references.ts'
import { isStaff } from './sight.ts'

/** Payments of a wallet or of a profile: those its owner made, and those that reached him. Staff sees all of a wallet. */
async function listOf(
  pool: Pool,
  of: { readonly customer: string | null; readonly walletId: string | null },
  { first, after }: { first: number | null; after: string | null },
): Promise<Connection<Payment>> {
  const page = orThrow(pageOf({ first: first ?? 20, after, keyParts: 1 }))
  const rows = await readPage(pool, {
    viewer: { customer: of.customer },
    walletId: of.walletId,
    status: null,
    kind: null,
    from: null,
    to: null,
    before: page.after === null ? null : numberOf(page.after[0]),
    limit: page.limit,
  })
  return toConnection(rows, page, { node: (row) => row, cursor: (row) => encodeCursor(row.number) })
}

@Resolver(() => WalletRef)
export class WalletPaymentsResolver {
  constructor(private readonly pool: Pool) {}

  @RequiresScopes('payments:read')
  @FieldResolver(() => PaymentConnectionType, { nullable: true })
  async payments(
    @Root() { id }: WalletRef,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<Connection<Payment> | null> {
    if (isStaff(caller)) return await listOf(this.pool, { customer: null, walletId: id }, { first, after })
    if (caller.kind !== 'user' || caller.subject === null) return null
    return await listOf(this.pool, { customer: caller.subject, walletId: id }, { first, after })
  }
}

@Resolver(() => ProfileRef)
export class ProfilePaymentsResolver {
  constructor(private readonly pool: Pool) {}

  @RequiresScopes('payments:read')
  @FieldResolver(() => PaymentConnectionType, { nullable: true })
  async payments(
    @Root() { id }: ProfileRef,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<Connection<Payment> | null> {
    if (!isStaff(caller) && (caller.kind !== 'user' || caller.subject !== id)) return null
    return await listOf(this.pool, { customer: id, walletId: null }, { first, after })
  }
}
