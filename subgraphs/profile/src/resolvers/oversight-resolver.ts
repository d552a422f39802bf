import { orThrow } from '@corridor/platform'
import {
  DateTimeScalar,
  encodeCursor,
  isNumber,
  pageOf,
  parseDateTime,
  parseId,
  RequiresScopes,
  type SubgraphContext,
  subjectOf,
  toConnection,
} from '@corridor/subgraph'
import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql'
import { readAuditLog } from '../use-cases/audit-log.ts'
import type { EraseProfile } from '../use-cases/erase-profile.ts'
import type { ProfileStore } from '../use-cases/profile-store.ts'
import { AuditEntryConnection } from './profile-types.ts'

const DEFAULT_PAGE_SIZE = 20

/** What auditors read, and what officers do once and for all. */
@Resolver()
export class OversightResolver {
  constructor(
    private readonly store: ProfileStore,
    private readonly erasure: EraseProfile,
  ) {}

  @RequiresScopes('audit:read')
  @Query(() => AuditEntryConnection, { description: 'Who read or changed what of whom.' })
  async auditLog(
    @Arg('subject', () => ID, { nullable: true }) subject: string | null,
    @Arg('actor', () => ID, { nullable: true }) actor: string | null,
    @Arg('from', () => DateTimeScalar, { nullable: true }) from: string | null,
    @Arg('to', () => DateTimeScalar, { nullable: true }) to: string | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: DEFAULT_PAGE_SIZE }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
  ): Promise<object> {
    const page = orThrow(pageOf({ first: first ?? DEFAULT_PAGE_SIZE, after, keyParts: 1, isKey: isNumber }))
    const filter = {
      subject: subject == null ? null : orThrow(parseId(subject, 'subject')),
      actor: actor ?? null,
      from: from == null ? null : orThrow(parseDateTime(from, 'from')),
      to: to == null ? null : orThrow(parseDateTime(to, 'to')),
    }
    const entries = await readAuditLog(this.store.sql, filter, page)
    return toConnection(entries, page, { node: (entry) => entry, cursor: ({ id }) => encodeCursor(id) })
  }

  /** True once it is done; false where a second person must do it. */
  @RequiresScopes('profile:admin')
  @Mutation(() => Boolean, { description: "Destroys the key of the subject's personal data. The books stay valid." })
  async eraseProfile(@Arg('id', () => ID) id: string, @Ctx() { caller }: SubgraphContext): Promise<boolean> {
    return orThrow(await this.erasure.erase(id, subjectOf(caller))) === 'ERASED'
  }
}
