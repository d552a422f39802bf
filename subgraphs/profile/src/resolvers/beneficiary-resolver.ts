import { idempotencyScope, orThrow, refuse } from '@corridor/platform'
import { InternalField, RequiresScopes, type SubgraphContext, subjectOf } from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { type Beneficiary, maskAccountNumber } from '../domain/beneficiary.ts'
import { FORMER_CUSTOMER } from '../domain/profile.ts'
import type { BeneficiaryUseCases, KnownBeneficiary } from '../use-cases/beneficiary-use-cases.ts'
import type { ProfileStore } from '../use-cases/profile-store.ts'
import type { ProfileUseCases } from '../use-cases/profile-use-cases.ts'
import {
  AddBeneficiaryInput,
  BeneficiaryType,
  type DeliveryMethodEnum,
  PaymentBeneficiary,
  PayoutDetails,
  WalletRef,
} from './beneficiary-types.ts'
import { userOf } from './identified-user.ts'
import { auditReads } from './readers.ts'

const MAX_BATCH = 1_000

@Resolver(() => BeneficiaryType)
export class BeneficiaryResolver {
  constructor(
    private readonly useCases: BeneficiaryUseCases,
    private readonly profiles: ProfileUseCases,
    private readonly store: ProfileStore,
  ) {}

  /** Adds somebody whom the caller pays: with a wallet, a bank account or a cash desk. */
  @RequiresScopes('profile:write')
  @Mutation(() => BeneficiaryType)
  async addBeneficiary(
    @Arg('input', () => AddBeneficiaryInput) given: AddBeneficiaryInput,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<Beneficiary> {
    const { id: ownerId } = await this.profiles.ensure(userOf(caller))
    const { idempotencyKey, name, country, currency, delivery } = given
    const { walletId = null, accountNumber = null, bankName = null } = given
    const input = { name, country, currency, delivery, walletId, accountNumber, bankName }
    return orThrow(await this.useCases.add({ ownerId, scope: idempotencyScope(caller), idempotencyKey, input }))
  }

  @RequiresScopes('profile:write')
  @Mutation(() => Boolean)
  async removeBeneficiary(@Arg('id', () => ID) id: string, @Ctx() { caller }: SubgraphContext): Promise<boolean> {
    return orThrow(await this.useCases.remove(id, subjectOf(caller)))
  }

  @RequiresScopes('wallets:read')
  @FieldResolver(() => WalletRef, { nullable: true })
  wallet(@Root() { walletId }: Beneficiary): WalletRef | null {
    return walletId === null ? null : { id: walletId }
  }

  /** What payments need to know of beneficiaries; null for an id that is none. Whose they are is the caller's to compare. */
  @InternalField('payment-service', 'payment-processor')
  @Query(() => [PaymentBeneficiary], { nullable: 'items' })
  async paymentBeneficiaries(@Arg('ids', () => [ID]) ids: string[]): Promise<(PaymentBeneficiary | null)[]> {
    const known = await this.known(ids)
    return ids.map((id) => {
      const beneficiary = known.get(id)
      return beneficiary ? paymentBeneficiaryOf(beneficiary) : null
    })
  }

  /** Whom and where to pay, account numbers whole, at the moment of a payout; null where he was removed or erased. */
  @InternalField('payment-service', 'payment-processor')
  @Query(() => [PayoutDetails], { nullable: 'items' })
  async payoutDetails(
    @Arg('beneficiaryIds', () => [ID]) ids: string[],
    @Ctx() context: SubgraphContext,
  ): Promise<(PayoutDetails | null)[]> {
    const known = await this.known(ids)
    const subjects = [...known.values()].map(({ record }) => record.ownerId)
    await auditReads(this.store, context, { action: 'beneficiary.paid_out', subjects })
    return ids.map((id) => {
      const { record, details } = known.get(id) ?? {}
      if (!record || !details || record.removedAt) return null
      return { id, ...details, delivery: details.delivery as DeliveryMethodEnum } // The same names.
    })
  }

  private async known(ids: readonly string[]): Promise<Map<string, KnownBeneficiary>> {
    if (ids.length > MAX_BATCH) orThrow(refuse('BATCH_TOO_LARGE', undefined, 'ids'))
    return await this.useCases.forPayments(ids)
  }
}

function paymentBeneficiaryOf({ record, details }: KnownBeneficiary): PaymentBeneficiary {
  const { id, ownerId: owner, delivery, country, currency, walletId, removedAt } = record
  return {
    ...{ id, owner, country, currency, walletId },
    active: removedAt === null && details !== null,
    delivery: delivery as DeliveryMethodEnum, // The same names.
    screening: screeningOf(record),
    label: details ? labelOf(details) : FORMER_CUSTOMER,
  }
}

function screeningOf(record: KnownBeneficiary['record']): PaymentBeneficiary['screening'] {
  const { screeningMatch: match, screeningScore: score, screeningListVersion: version } = record
  return match === null || score === null ? null : { match, score, listVersion: Number(version) }
}

const labelOf = ({ name, accountNumber }: { name: string; accountNumber: string | null }): string =>
  accountNumber === null ? name : `${name}, ${maskAccountNumber(accountNumber)}`
