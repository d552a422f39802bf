import { orThrow, type Pool } from '@corridor/platform'
import { InternalField, parseId } from '@corridor/subgraph'
import { Arg, ID, Query, Resolver } from 'type-graphql'

/** What payments a customer has under way, for whoever must know whether he can be forgotten. */
@Resolver()
export class OwnerResolver {
  constructor(private readonly pool: Pool) {}

  /** Whether a payment of his, as payer or payee, is not at its end, or is on its way back. */
  @InternalField('profile-service')
  @Query(() => Boolean)
  async ownerHasOpenPayments(@Arg('owner', () => ID) owner: string): Promise<boolean> {
    const { rows } = await this.pool.query<{ open: boolean }>(
      `select exists (
         select 1 from payments where (payer = $1 or payee = $1)
           and (status in ('SCHEDULED', 'PENDING', 'IN_REVIEW', 'AUTHORIZED')
             or exists (select 1 from refunds r where r.payment_id = payments.id and r.status = 'PENDING'))
       ) as open`,
      [orThrow(parseId(owner, 'owner'))],
    )
    return rows[0]?.open ?? false
  }
}
