import { hasScope, orThrow } from '@corridor/platform'
import {
  Authenticated,
  InternalField,
  RequiresScopes,
  requestLoader,
  type SubgraphContext,
  subjectOf,
} from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import type { Beneficiary } from '../domain/beneficiary.ts'
import { displayNameOf, FORMER_CUSTOMER, type Profile } from '../domain/profile.ts'
import type { BeneficiaryUseCases } from '../use-cases/beneficiary-use-cases.ts'
import type { ProfileUseCases } from '../use-cases/profile-use-cases.ts'
import { BeneficiaryType } from './beneficiary-types.ts'
import { userOf } from './identified-user.ts'
import { EnsuredProfile, KycStatusEnum, type PartyType, ProfileType } from './profile-types.ts'

/** Profiles by id that the caller may see: his own, or any for those who administer them. */
export const createProfileReader = (useCases: ProfileUseCases) =>
  requestLoader<Profile | null>(async (ids, { caller }) => {
    const may = (id: string): boolean =>
      hasScope(caller, 'profile:admin') || (caller.kind === 'user' && caller.subject === id)
    const profiles = await useCases.profiles(ids.filter(may))
    return ids.map((id) => profiles.get(id) ?? null)
  })

/** The other side of a payment: payments decide who meets whom. */
export const createPartyReader = (useCases: ProfileUseCases) =>
  requestLoader<PartyType | null>(async (ids) => {
    const profiles = await useCases.profiles(ids)
    return ids.map((id) => {
      const profile = profiles.get(id)
      return profile ? { id, displayName: displayNameOf(profile) } : { id, displayName: FORMER_CUSTOMER }
    })
  })

@Resolver(() => ProfileType)
export class ProfileResolver {
  private readonly beneficiariesOf: (id: string, context: SubgraphContext) => Promise<readonly Beneficiary[]>

  constructor(
    private readonly useCases: ProfileUseCases,
    private readonly reader: (id: string, context: SubgraphContext) => Promise<Profile | null>,
    beneficiaries: BeneficiaryUseCases,
  ) {
    this.beneficiariesOf = requestLoader(async (owners) => {
      const found = await beneficiaries.beneficiariesOf(owners)
      return owners.map((owner) => found.get(owner) ?? [])
    })
  }

  @Authenticated()
  @Query(() => ProfileType)
  async me(@Ctx() { caller }: SubgraphContext): Promise<Profile> {
    return await this.useCases.ensure(userOf(caller))
  }

  @RequiresScopes('profile:admin')
  @Query(() => ProfileType, { nullable: true })
  profile(@Arg('id', () => ID) id: string, @Ctx() context: SubgraphContext): Promise<Profile | null> {
    return this.reader(id, context)
  }

  @RequiresScopes('profile:admin')
  @Mutation(() => ProfileType, { description: "An officer's decision; a provider's comes by its signed callback." })
  async decideKyc(
    @Arg('profileId', () => ID) profileId: string,
    @Arg('status', () => KycStatusEnum) status: KycStatusEnum,
    @Arg('note', () => String) note: string,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<Profile> {
    const decidedBy = subjectOf(caller)
    return orThrow(await this.useCases.decideKyc({ profileId, status, level: null, note, decidedBy }))
  }

  /** For services that meet a user before he asked for his profile: made from the token they carry. */
  @InternalField('wallet-service')
  @Mutation(() => EnsuredProfile)
  async ensureProfile(@Ctx() { caller }: SubgraphContext): Promise<EnsuredProfile> {
    return await this.useCases.ensure(userOf(caller))
  }

  /** Whoever sees the profile sees whom its owner pays. */
  @FieldResolver(() => [BeneficiaryType])
  beneficiaries(@Root() { id }: Profile, @Ctx() context: SubgraphContext): Promise<readonly Beneficiary[]> {
    return this.beneficiariesOf(id, context)
  }
}
