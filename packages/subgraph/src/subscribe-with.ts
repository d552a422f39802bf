import { invariant } from '@corridor/platform'
import type { GraphQLResolveInfo, GraphQLSchema } from 'graphql'
import type { SubgraphContext } from './context.ts'

type Constructor<T> = new (...args: never[]) => T

const INSTANCES = new WeakMap<GraphQLSchema, ReadonlyMap<unknown, object>>()

/** Remembers which instances a schema was built from; type-graphql hands `subscribe` none. */
export function rememberInstances(schema: GraphQLSchema, instances: ReadonlyMap<unknown, object>): void {
  INSTANCES.set(schema, instances)
}

/** The `subscribe` of a subscription field, opened by its resolver's instance in the schema that is executed. */
export function subscribeWith<Resolver extends object, Args>(
  resolver: () => Constructor<Resolver>,
  open: (instance: Resolver, args: Args, context: SubgraphContext) => Promise<AsyncIterable<unknown>>,
): (data: { args: unknown; context: unknown; info: unknown }) => Promise<AsyncIterable<unknown>> {
  return async ({ args, context, info }) => {
    const instance = INSTANCES.get((info as GraphQLResolveInfo).schema)?.get(resolver())
    invariant(instance, 'a subscription is served by a resolver of its schema')
    return open(instance as Resolver, args as Args, context as SubgraphContext) // The decorator names its own class and arguments.
  }
}
