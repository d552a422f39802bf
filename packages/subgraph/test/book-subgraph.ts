import { orThrow, RefusalError, refuse } from '@corridor/platform'
import type { GraphQLSchema } from 'graphql'
import { Arg, Ctx, Field, ID, Mutation, ObjectType, Query, Resolver, Root, Subscription } from 'type-graphql'
import {
  Authenticated,
  buildFederatedSchema,
  InternalField,
  Key,
  Live,
  MoneyInput,
  MoneyType,
  parseMoneyInput,
  RequiresScopes,
  type SubgraphContext,
  subjectOf,
  toMoneyType,
} from '../src/index.ts'

@Key('id')
@ObjectType()
export class Book {
  @Field(() => ID)
  readonly id!: string

  @RequiresScopes('books:audit')
  @Field(() => String, { nullable: true })
  readonly secret?: string | null
}

/** A subgraph that uses every piece of this package once. */
@Resolver(() => Book)
export class BookResolver {
  @RequiresScopes('books:read')
  @Query(() => Book, { nullable: true })
  book(@Arg('id', () => ID) id: string): Book {
    return { id, secret: 'hidden' }
  }

  @Authenticated()
  @Query(() => String)
  whoAmI(@Ctx() { caller }: SubgraphContext): string {
    return subjectOf(caller)
  }

  @InternalField('payment-service')
  @Query(() => String)
  internal(): string {
    return 'for services'
  }

  @RequiresScopes('books:read')
  @Query(() => String)
  broken(): string {
    throw new Error('select * from secrets')
  }

  @RequiresScopes('books:write')
  @Mutation(() => MoneyType)
  price(@Arg('amount', () => MoneyInput) amount: MoneyInput): MoneyType {
    return toMoneyType(orThrow(parseMoneyInput(amount, 'amount')))
  }

  @RequiresScopes('books:write')
  @Mutation(() => Boolean)
  refuseMe(): boolean {
    throw new RefusalError(refuse('QUOTE_USED', undefined, 'quoteId'))
  }

  @Live({ shared: true, conflateBy: 'id' })
  @RequiresScopes('books:read')
  @Subscription(() => Book, {
    subscribe: async function* () {
      yield { id: '1' }
      yield { id: '2' }
    },
  })
  bookChanged(@Root() book: Book): Book {
    return book
  }
}

export const loadedBatches: (readonly string[])[] = []

export async function buildBookSchema(): Promise<GraphQLSchema> {
  return buildFederatedSchema({
    resolvers: [new BookResolver()],
    orphanedTypes: [Book],
    references: {
      Book: {
        async load(ids) {
          loadedBatches.push(ids)
          return ids.map((id) => (id === 'gone' ? null : { id }))
        },
      },
    },
  })
}
