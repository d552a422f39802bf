import { orThrow } from '@corridor/platform'
import { RequiresScopes, requestLoader, type SubgraphContext, subjectOf } from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql'
import type { Profile } from '../domain/profile.ts'
import { redirectUrls } from '../use-cases/kyc-checks.ts'
import type { KycUseCases } from '../use-cases/kyc-use-cases.ts'
import type { ProfileStore } from '../use-cases/profile-store.ts'
import type { ProfileUseCases } from '../use-cases/profile-use-cases.ts'
import { userOf } from './identified-user.ts'
import { KycLevelEnum, KycStatusEnum, KycType, ProfileType } from './profile-types.ts'
import type { Reader } from './readers.ts'

@Resolver(() => KycType)
export class KycResolver {
  private readonly redirects: Reader<string | null>

  constructor(
    private readonly useCases: KycUseCases,
    private readonly profiles: ProfileUseCases,
    store: ProfileStore,
  ) {
    this.redirects = requestLoader(async (ids, { caller }) => {
      const own = ids.filter((id) => id === caller.subject) // Whoever has the address can go on in his name.
      const urls = await redirectUrls(store.sql, await store.deps.keys.read(own), own)
      return ids.map((id) => urls.get(id) ?? null)
    })
  }

  @RequiresScopes('profile:write')
  @Mutation(() => ProfileType)
  async startKyc(
    @Arg('level', () => KycLevelEnum) level: KycLevelEnum,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<Profile> {
    const { id } = await this.profiles.ensure(userOf(caller))
    return orThrow(await this.useCases.start(id, level))
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
    return orThrow(await this.useCases.decide({ profileId, status, level: null, note, decidedBy }))
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "Where the customer goes on with a provider's hosted check.",
  })
  redirectUrl(@Root() { profileId }: KycType, @Ctx() context: SubgraphContext): Promise<string | null> {
    return this.redirects(profileId, context)
  }
}
