import { invariant, orThrow, type Pool, RefusalError, refuse } from '@corridor/platform'
import {
  decodeCursor,
  encodeCursor,
  InternalField,
  Live,
  RequiresScopes,
  type SubgraphContext,
  subjectOf,
  subscribeWith,
} from '@corridor/subgraph'
import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root, Subscription } from 'type-graphql'
import type { Payment, PaymentEvent } from '../domain/payment.ts'
import type { PaymentEventWatcher } from '../event-watcher.ts'
import { lastPosition, readTimelines } from '../use-cases/event-store.ts'
import { numberOf } from './payment-cursor.ts'
import type { PaymentReader } from './payment-resolver.ts'
import { PaymentEventType } from './payment-types.ts'
import { isStaff, sightOf } from './sight.ts'

/** The history of payments, read by position. */
@Resolver(() => PaymentEventType)
export class PaymentEventResolver {
  constructor(
    private readonly pool: Pool,
    private readonly watcher: PaymentEventWatcher,
    private readonly reader: PaymentReader,
  ) {}

  /** A cursor of now, so that a stream that is lost before its first event can still be resumed. */
  @InternalField('router')
  @Query(() => String)
  async paymentPosition(): Promise<string> {
    return encodeCursor(await lastPosition(this.pool))
  }

  @Live({ cursor: 'cursor', after: 'after', start: 'paymentPosition' })
  @RequiresScopes('payments:read')
  @Subscription(() => PaymentEventType, {
    description:
      "With `id`: that payment as it stands, then each change. Without: changes of all the caller's payments from now on. In order, none lost: `after` resumes behind an event's cursor.",
    subscribe: subscribeWith(
      () => PaymentEventResolver,
      (resolver, args: { id?: string | null; after?: string | null }, context) => resolver.watch(args, context),
    ),
  })
  paymentStatusChanged(
    @Root() event: PaymentEvent,
    @Arg('id', () => ID, { nullable: true }) _id: string | null,
    @Arg('after', () => String, { nullable: true }) _after: string | null,
  ): PaymentEvent {
    return event
  }

  async watch(
    { id, after }: { id?: string | null; after?: string | null },
    context: SubgraphContext,
  ): Promise<AsyncIterable<PaymentEvent>> {
    const given = after ? positionOf(after) : null
    if (!id) {
      const customer = subjectOf(context.caller)
      return this.watcher.follow({
        after: given ?? (await lastPosition(this.pool)),
        paymentId: null,
        customer,
        arrivedOnly: false,
      })
    }
    const payment = await this.reader(id, context)
    if (!payment) throw new RefusalError(refuse('NOT_FOUND', undefined, 'id'))
    const newest = (await readTimelines(this.pool, [id])).get(id)?.at(-1)
    // As it stands is its newest positioned event; a payment so new that it has none begins with its first.
    const from = given ?? (newest ? newest.position - 1n : 0n)
    const arrivedOnly = sightOf(context, payment) === 'payee'
    return this.watcher.follow({ after: from, paymentId: id, customer: payment.payer, arrivedOnly })
  }

  @FieldResolver()
  cursor(@Root() { position }: PaymentEvent): string {
    return encodeCursor(position)
  }

  @FieldResolver()
  async payment(@Root() event: PaymentEvent, @Ctx() context: SubgraphContext): Promise<Payment> {
    const payment = event.payment ?? (await this.reader(event.paymentId, context))
    invariant(payment && sightOf(context, payment), 'an event is shown to who may see its payment')
    return payment
  }

  @FieldResolver()
  async note(
    @Root() { note, payer, status }: PaymentEvent,
    @Ctx() { caller }: SubgraphContext,
  ): Promise<string | null> {
    return isStaff(caller) || (caller.subject === payer && status === 'CANCELLED') ? note : null
  }
}

const positionOf = (cursor: string): bigint => numberOf(orThrow(decodeCursor(cursor, 1))[0])
