import {
  Authenticated,
  buildFederatedSchema,
  InternalField,
  Key,
  Live,
  liveStream,
  RequiresScopes,
  type SubgraphContext,
  subjectOf,
  subscribeWith,
} from '@corridor/subgraph'
import type { GraphQLSchema } from 'graphql'
import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Query, Resolver, Root, Subscription } from 'type-graphql'

/** What happened, by position, and who waits for more; it outlives the servers that read it. */
export class EventLog<Event> {
  readonly events: Event[] = []
  readonly #wakes = new Set<() => void>()
  /** Streams opened since the beginning. */
  opened = 0

  /** Streams open now. */
  get readers(): number {
    return this.#wakes.size
  }

  append(event: Event): void {
    this.events.push(event)
    for (const wake of this.#wakes) wake()
  }

  stream(after: number): AsyncIterableIterator<Event> {
    let position = after
    this.opened += 1
    return liveStream({
      read: () => {
        const found = this.events.slice(position)
        position = this.events.length
        return found
      },
      onWake: (wake) => {
        this.#wakes.add(wake)
        return () => this.#wakes.delete(wake)
      },
    })
  }
}

@Key('id')
@ObjectType('User')
class PersonType {
  @Field(() => ID)
  readonly id!: string

  @Field()
  readonly displayName!: string

  @RequiresScopes('profile:private')
  @Field(() => String, { nullable: true })
  readonly secret?: string | null

  @RequiresScopes('profile:private')
  @Field()
  readonly pin!: string

  @Field(() => [PersonType])
  readonly friends!: PersonType[]
}

const person = (id: string): PersonType => ({
  id,
  displayName: `Name of ${id}`,
  secret: 'hidden',
  pin: '0000',
  friends: [],
})

@Resolver(() => PersonType)
class PersonResolver {
  /** Mutations that ran. */
  readonly ran: string[] = []

  @RequiresScopes('profile:read')
  @Query(() => PersonType, { nullable: true })
  user(@Arg('id', () => ID) id: string): PersonType {
    return { ...person(id), friends: [person(`${id}-friend`)] }
  }

  @RequiresScopes('profile:read')
  @Query(() => [PersonType])
  users(@Arg('first', () => Int, { defaultValue: 2 }) first: number): PersonType[] {
    return Array.from({ length: Math.min(first, 2) }, (_, index) => person(`u${index}`))
  }

  @Authenticated()
  @Query(() => String)
  whoAmI(@Ctx() { caller }: SubgraphContext): string {
    return subjectOf(caller)
  }

  @RequiresScopes('profile:write')
  @Mutation(() => String)
  rename(): string {
    this.ran.push('rename')
    return 'renamed'
  }

  @Authenticated()
  @Mutation(() => String)
  touch(): string {
    this.ran.push('touch')
    return 'touched'
  }
}

export interface Rate {
  readonly pair: string
  readonly mid: string
}

@ObjectType('Rate')
class RateType implements Rate {
  @Field()
  readonly pair!: string

  @Field()
  readonly mid!: string
}

@Resolver(() => RateType)
class RateResolver {
  constructor(readonly log: EventLog<Rate>) {}

  @Query(() => String)
  market(): string {
    return 'open'
  }

  @Live({ shared: true, conflateBy: 'pair' })
  @RequiresScopes('forex:read')
  @Subscription(() => RateType, {
    subscribe: subscribeWith(
      () => RateResolver,
      async (resolver, _args, { caller }) => {
        resolver.callers.push({ kind: caller.kind, subject: caller.subject, scopes: [...caller.scopes] })
        return resolver.log.stream(resolver.log.events.length)
      },
    ),
  })
  rateChanged(@Root() rate: Rate): Rate {
    return rate
  }

  /** On whose behalf the streams were opened. */
  readonly callers: { kind: string; subject: string | null; scopes: string[] }[] = []
}

export interface PaymentEvent {
  readonly cursor: string
  readonly status: string
  readonly note: string
  readonly payer: { readonly id: string }
}

@Key('id')
@ObjectType('User')
class PayerType {
  @Field(() => ID)
  readonly id!: string
}

@ObjectType('PaymentEvent')
class PaymentEventType implements PaymentEvent {
  @Field()
  readonly cursor!: string

  @Field()
  readonly status!: string

  @Field()
  readonly note!: string

  @Field(() => PayerType)
  readonly payer!: PayerType
}

@Resolver(() => PaymentEventType)
class PaymentResolver {
  constructor(readonly log: EventLog<PaymentEvent>) {}

  @InternalField('router')
  @Query(() => String)
  position(): string {
    return String(this.log.events.length)
  }

  @RequiresScopes('payments:read')
  @Query(() => PayerType, { nullable: true })
  payer(@Arg('id', () => ID) id: string): PayerType {
    return { id }
  }

  @Live({ cursor: 'cursor', after: 'after', start: 'position' })
  @RequiresScopes('payments:read')
  @Subscription(() => PaymentEventType, {
    subscribe: subscribeWith(
      () => PaymentResolver,
      async (resolver, { after }: { after?: string | null }) =>
        resolver.log.stream(after ? Number(after) : resolver.log.events.length),
    ),
  })
  paymentChanged(
    @Root() event: PaymentEvent,
    @Arg('after', () => String, { nullable: true }) _after: string | null,
  ): PaymentEvent {
    return event
  }
}

export interface TestSubgraphs {
  readonly people: { readonly schema: GraphQLSchema; readonly resolver: { readonly ran: string[] } }
  readonly rates: { readonly schema: GraphQLSchema; readonly log: EventLog<Rate>; readonly resolver: RateResolver }
  readonly payments: { readonly schema: GraphQLSchema; readonly log: EventLog<PaymentEvent> }
}

/** Three subgraphs that share the entity `User`. */
export async function buildSubgraphs(): Promise<TestSubgraphs> {
  const people = new PersonResolver()
  const rates = new RateResolver(new EventLog())
  const payments = new PaymentResolver(new EventLog())
  return {
    people: {
      resolver: people,
      schema: await buildFederatedSchema({
        resolvers: [people],
        references: { User: { load: async (ids) => ids.map(person) } },
      }),
    },
    rates: { resolver: rates, log: rates.log, schema: await buildFederatedSchema({ resolvers: [rates] }) },
    payments: {
      log: payments.log,
      schema: await buildFederatedSchema({
        resolvers: [payments],
        references: { User: { load: async (ids) => ids.map((id) => ({ id })) } },
      }),
    },
  }
}
