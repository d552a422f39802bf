import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql'

/**
 * Scalars of the public API. On the way in they take text and nothing else, and leave judging it to the use case: a
 * malformed amount is then refused the same way, naming the field, whether it came as a literal or in a variable.
 */
function textScalar(
  name: string,
  description: string,
  serialize: (value: unknown) => string = textOf(name),
): GraphQLScalarType {
  return new GraphQLScalarType<string, string>({
    name,
    description,
    serialize,
    parseValue(value) {
      if (typeof value === 'string') return value
      throw new GraphQLError(`${name} must be a string.`, { extensions: { code: 'BAD_USER_INPUT' } })
    },
    parseLiteral(node) {
      if (node.kind === Kind.STRING) return node.value
      throw new GraphQLError(`${name} must be a string.`, { nodes: node, extensions: { code: 'BAD_USER_INPUT' } })
    },
  })
}

function textOf(name: string): (value: unknown) => string {
  return (value) => {
    if (typeof value === 'string') return value
    throw new TypeError(`${name} must be written as text.`)
  }
}

function instantOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'string') return value
  throw new TypeError('DateTime must be written from a Date or its text.')
}

export const DateTimeScalar = textScalar('DateTime', 'RFC 3339, UTC, milliseconds: 2026-11-22T17:34:51.280Z', instantOf)
export const DecimalScalar = textScalar('Decimal', 'An exact decimal number as a string: "1234.50". Never a float.')
export const CurrencyScalar = textScalar('Currency', 'ISO 4217 alphabetic code: USD')
export const CurrencyPairScalar = textScalar(
  'CurrencyPair',
  'Base and quote currency in six letters: USDINR is the price of one USD in INR.',
)
export const CountryCodeScalar = textScalar('CountryCode', 'ISO 3166-1 alpha-2: IN')
export const EmailAddressScalar = textScalar('EmailAddress', 'An e-mail address: ada@example.com')
export const PhoneNumberScalar = textScalar('PhoneNumber', 'E.164: +14155550123')

export type JsonObject = { readonly [name: string]: unknown }

export const JSONObjectScalar = new GraphQLScalarType<JsonObject, JsonObject>({
  name: 'JSONObject',
  description: 'A JSON object.',
  serialize: objectOf,
  parseValue: objectOf,
  parseLiteral: (node, variables) => objectOf(valueFromASTUntyped(node, variables)),
})

function objectOf(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject // Just checked.
  throw new GraphQLError('JSONObject must be an object.', { extensions: { code: 'BAD_USER_INPUT' } })
}
