import { type GraphQLField, type GraphQLSchema, isListType, isNonNullType, isObjectType } from 'graphql'

/** Points of one field: API Manager's `GraphQLCustomComplexityInfo`. */
export interface FieldWeight {
  readonly type: string
  readonly field: string
  readonly complexityValue: number
}

/** A list whose size nobody asked for is taken to have this many, as the router takes it. */
const ASSUMED_LIST_SIZE = 10
/** The page of a connection. API Manager multiplies by `first` where it is a literal, and misses it as a variable. */
const ASSUMED_PAGE_SIZE = 20
const SINGLE = 1

/**
 * A weight for every field, by the size of the list that it returns. API Manager computes
 * (sum of `first`, `last`, `limit`, every other argument 1) x (weight + children): a list without such an argument
 * would otherwise count as one object.
 */
export function fieldWeights(schema: GraphQLSchema): FieldWeight[] {
  const roots = new Set([schema.getMutationType(), schema.getSubscriptionType()])
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => !type.name.startsWith('__') && !roots.has(type))
    .flatMap((type) =>
      Object.values(type.getFields()).map((field) => ({
        type: type.name,
        field: field.name,
        complexityValue: weightOf(type.name, field),
      })),
    )
}

function weightOf(type: string, field: GraphQLField<unknown, unknown>): number {
  const output = isNonNullType(field.type) ? field.type.ofType : field.type
  if (!isListType(output) || field.args.some(({ name }) => name === 'first' || name === 'last')) return SINGLE
  return type.endsWith('Connection') ? ASSUMED_PAGE_SIZE : ASSUMED_LIST_SIZE
}
