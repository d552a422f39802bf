import { orThrow, type Pool } from '@corridor/platform'
import { InternalField, parseId } from '@corridor/subgraph'
import { Arg, ID, Query, Resolver } from 'type-graphql'

/** What of a customer is in the books, for whoever must know whether he can be forgotten. */
@Resolver()
export class OwnerResolver {
  constructor(private readonly pool: Pool) {}

  /** Whether any account of his has money in it, or money pending on either side. */
  @InternalField('profile-service')
  @Query(() => Boolean)
  async ownerHoldsMoney(@Arg('owner', () => ID) owner: string): Promise<boolean> {
    const { rows } = await this.pool.query<{ holds: boolean }>(
      `select exists (
         select 1 from accounts where owner = $1 and (posted_minor <> 0 or held_minor <> 0 or incoming_minor <> 0)
       ) as holds`,
      [orThrow(parseId(owner, 'owner'))],
    )
    return rows[0]?.holds ?? false
  }
}
