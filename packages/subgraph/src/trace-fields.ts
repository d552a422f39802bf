import { inCall, isTraced } from '@corridor/platform'
import { SpanKind } from '@opentelemetry/api'
import { defaultFieldResolver, type GraphQLSchema } from 'graphql'

/** What Apollo asks for once, at composition. */
const SDL_FIELD = '_service'

/**
 * Gives every field of queries and mutations a span, entities among them, where the request is recorded: there the work
 * is done. What is below is read from what they gave, or loaded in batches, which statements tell of.
 */
export function traceFields(schema: GraphQLSchema): GraphQLSchema {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      if (field.name === SDL_FIELD) continue
      const { resolve = defaultFieldResolver } = field
      const call = { name: `resolve ${field.name}`, kind: SpanKind.INTERNAL, attributes: {} }
      field.resolve = (...given) => (isTraced() ? inCall(call, async () => resolve(...given)) : resolve(...given))
    }
  }
  return schema
}
