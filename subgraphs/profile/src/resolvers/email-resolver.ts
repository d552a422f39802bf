import { orThrow, refuse } from '@corridor/platform'
import { InternalField, RequiresScopes, type SubgraphContext, subjectOf } from '@corridor/subgraph'
import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql'
import type { Profile } from '../domain/profile.ts'
import type { EmailVerification } from '../use-cases/email-verification.ts'
import type { ProfileStore } from '../use-cases/profile-store.ts'
import type { ProfileUseCases } from '../use-cases/profile-use-cases.ts'
import { userOf } from './identified-user.ts'
import { EmailVerificationType, MailRecipient, ProfileType } from './profile-types.ts'
import { auditReads } from './readers.ts'

const MAX_BATCH = 1_000

@Resolver()
export class EmailResolver {
  constructor(
    private readonly store: ProfileStore,
    private readonly verification: EmailVerification,
    private readonly profiles: ProfileUseCases,
  ) {}

  @RequiresScopes('profile:write')
  @Mutation(() => ProfileType)
  async verifyEmail(@Arg('code', () => String) code: string, @Ctx() { caller }: SubgraphContext): Promise<Profile> {
    return orThrow(await this.verification.verify(subjectOf(caller), code))
  }

  @RequiresScopes('profile:write')
  @Mutation(() => Boolean)
  async resendEmailVerification(@Ctx() { caller }: SubgraphContext): Promise<boolean> {
    const { id } = await this.profiles.ensure(userOf(caller))
    orThrow(await this.verification.resend(id))
    return true
  }

  /** The mail of a code that an event asks to send; null once the code is used, replaced or expired. */
  @InternalField('mailer')
  @Query(() => EmailVerificationType, { nullable: true })
  emailVerification(@Arg('id', () => ID) id: string): Promise<EmailVerificationType | null> {
    return this.verification.mail(id)
  }

  /** Whom mails about these customers go to; null for who has no address, or was erased. */
  @InternalField('mailer')
  @Query(() => [MailRecipient], { nullable: 'items' })
  async mailRecipients(
    @Arg('profileIds', () => [ID]) ids: string[],
    @Ctx() context: SubgraphContext,
  ): Promise<(MailRecipient | null)[]> {
    if (ids.length > MAX_BATCH) orThrow(refuse('BATCH_TOO_LARGE', undefined, 'profileIds'))
    const profiles = await this.store.profiles(ids)
    await auditReads(this.store, context, { action: 'profile.mailed', subjects: [...profiles.keys()] })
    return ids.map((id) => {
      const {
        email = null,
        emailVerified = false,
        givenName = null,
        locale = '',
        timeZone = '',
      } = profiles.get(id) ?? {}
      return email === null ? null : { id, email, emailVerified, givenName, locale, timeZone }
    })
  }
}
