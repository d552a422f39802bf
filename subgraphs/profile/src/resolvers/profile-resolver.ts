import { isUuid, orThrow } from '@corridor/platform'
import {
  Authenticated,
  encodeCursor,
  InternalField,
  pageOf,
  RequiresScopes,
  requestLoader,
  type SubgraphContext,
  toConnection,
} from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql'
import type { Beneficiary } from '../domain/beneficiary.ts'
import type { Profile } from '../domain/profile.ts'
import type { BeneficiaryUseCases } from '../use-cases/beneficiary-use-cases.ts'
import { findProfiles } from '../use-cases/find-profiles.ts'
import { pendingSyncs } from '../use-cases/identity-sync.ts'
import type { ProfileStore } from '../use-cases/profile-store.ts'
import type { ProfileUseCases } from '../use-cases/profile-use-cases.ts'
import { BeneficiaryType } from './beneficiary-types.ts'
import { userOf } from './identified-user.ts'
import {
  EnsuredProfile,
  KycStatusEnum,
  KycType,
  ProfileConnection,
  ProfileType,
  RegisterProfileInput,
  UpdateProfileInput,
} from './profile-types.ts'
import { auditReads, type Reader } from './readers.ts'

export interface ProfileResolverDeps {
  readonly store: ProfileStore
  readonly profiles: ProfileUseCases
  readonly beneficiaries: BeneficiaryUseCases
  readonly reader: Reader<Profile | null>
}

const DEFAULT_PAGE_SIZE = 20

@Resolver(() => ProfileType)
export class ProfileResolver {
  private readonly beneficiariesOf: Reader<readonly Beneficiary[]>
  private readonly isPending: Reader<boolean>

  constructor(private readonly deps: ProfileResolverDeps) {
    this.beneficiariesOf = requestLoader(async (owners) => {
      const found = await deps.beneficiaries.beneficiariesOf(owners)
      return owners.map((owner) => found.get(owner) ?? [])
    })
    this.isPending = requestLoader(async (ids) => {
      const pending = await pendingSyncs(deps.store.sql, ids)
      return ids.map((id) => pending.has(id))
    })
  }

  @Authenticated()
  @Query(() => ProfileType)
  async me(@Ctx() { caller }: SubgraphContext): Promise<Profile> {
    return await this.deps.profiles.ensure(userOf(caller))
  }

  @RequiresScopes('profile:admin')
  @Query(() => ProfileType, { nullable: true })
  async profile(@Arg('id', () => ID) id: string, @Ctx() context: SubgraphContext): Promise<Profile | null> {
    return isUuid(id) ? await this.deps.reader(id, context) : null
  }

  @RequiresScopes('profile:admin')
  @Query(() => ProfileConnection, {
    description:
      'Exact, normalised e-mail, phone or user name: personal data is encrypted, so there is no search inside words.',
  })
  async profiles(
    @Arg('search', () => String, { nullable: true }) search: string | null,
    @Arg('kycStatus', () => KycStatusEnum, { nullable: true }) kycStatus: KycStatusEnum | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: DEFAULT_PAGE_SIZE }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Ctx() context: SubgraphContext,
  ): Promise<object> {
    const page = orThrow(pageOf({ first: first ?? DEFAULT_PAGE_SIZE, after, keyParts: 1, isKey: isUuid }))
    const found = await findProfiles(this.deps.store, { search: search ?? null, kycStatus: kycStatus ?? null }, page)
    const connection = toConnection(found, page, { node: (profile) => profile, cursor: ({ id }) => encodeCursor(id) })
    const subjects = connection.edges.map(({ node }) => node.id)
    await auditReads(this.deps.store, context, { action: 'profile.read', subjects })
    return connection
  }

  /** Makes a user and his profile. Anybody may: it is the one field without a token. */
  @Mutation(() => ProfileType)
  async registerProfile(@Arg('input', () => RegisterProfileInput) input: RegisterProfileInput): Promise<Profile> {
    const { password, phone = null, address, ...details } = input
    const registration = { ...details, phone, address: address ? { ...address, region: address.region ?? null } : null }
    return orThrow(await this.deps.profiles.register(registration, password))
  }

  @RequiresScopes('profile:write')
  @Mutation(() => ProfileType)
  async updateProfile(
    @Arg('input', () => UpdateProfileInput) input: UpdateProfileInput,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<Profile> {
    const { id } = await this.deps.profiles.ensure(userOf(caller))
    const { phone, address } = input
    const given = Object.fromEntries(
      (['email', 'givenName', 'familyName', 'timeZone', 'locale'] as const)
        .map((name) => [name, input[name]] as const)
        .filter(([, value]) => value != null),
    )
    const change = {
      ...given,
      ...(phone === undefined ? {} : { phone }),
      ...(address === undefined ? {} : { address: address && { ...address, region: address.region ?? null } }),
    }
    return orThrow(await this.deps.profiles.update(id, change))
  }

  @RequiresScopes('profile:write')
  @Mutation(() => Boolean)
  async changePassword(
    @Arg('current', () => String) current: string,
    @Arg('new', () => String) next: string,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<boolean> {
    const { id } = await this.deps.profiles.ensure(userOf(caller))
    return orThrow(await this.deps.profiles.changePassword(id, { current, next }))
  }

  /** For services that meet a user before he asked for his profile: made from the token they carry. */
  @InternalField('wallet-service')
  @Mutation(() => EnsuredProfile)
  async ensureProfile(@Ctx() { caller }: SubgraphContext): Promise<EnsuredProfile> {
    return await this.deps.profiles.ensure(userOf(caller))
  }

  /** Whoever sees the profile sees whom its owner pays. */
  @FieldResolver(() => [BeneficiaryType])
  beneficiaries(@Root() { id }: Profile, @Ctx() context: SubgraphContext): Promise<readonly Beneficiary[]> {
    return this.beneficiariesOf(id, context)
  }

  @FieldResolver(() => Boolean, { description: 'A change has not reached Identity Server yet.' })
  syncPending(@Root() { id }: Profile, @Ctx() context: SubgraphContext): Promise<boolean> {
    return this.isPending(id, context)
  }

  @FieldResolver(() => KycType)
  kyc(@Root() { id, kyc }: Profile): object {
    return { ...kyc, profileId: id }
  }
}
