import { initGraphQLTada } from 'gql.tada'
import type { introspection } from './generated/schema.d.ts'

/**
 * Writes an operation: its variables and its result have the types of the supergraph's public schema, without a file
 * generated per operation. A test holds every document valid.
 */
export const graphql = initGraphQLTada<{
  introspection: introspection
  disableMasking: true
  scalars: {
    DateTime: string
    Decimal: string
    Currency: string
    CurrencyPair: string
    CountryCode: string
    EmailAddress: string
    PhoneNumber: string
    JSONObject: Record<string, unknown>
  }
}>()

export type { FragmentOf, ResultOf, VariablesOf } from 'gql.tada'
