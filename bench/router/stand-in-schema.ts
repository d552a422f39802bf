import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildASTSchema,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  parse,
} from 'graphql'

const ROOT = join(import.meta.dirname, '..', '..')
const SIZES: Readonly<Record<string, number>> = { myWallets: 20, edges: 50, transfers: 2, timeline: 3, reasons: 1 }
/** Different things of a kind: lists name the same wallets and parties again, as lists do. */
const KINDS: Readonly<Record<string, number>> = { Wallet: 12, Profile: 8, Party: 8 }
const SCALARS: Readonly<Record<string, (seed: number) => unknown>> = {
  Decimal: (seed) => `${seed + 100}.50`,
  Currency: (seed) => ['USD', 'EUR', 'INR', 'JPY'][seed % 4],
  DateTime: (seed) => `2026-11-22T17:34:${String(seed % 60).padStart(2, '0')}.280Z`,
  CurrencyPair: () => 'EURUSD',
  JSONObject: () => ({}),
  Int: (seed) => seed,
  Float: (seed) => seed,
  Boolean: () => true,
}

type Row = Readonly<Record<string, unknown>>

const seedOf = (row: unknown): number => {
  const id = typeof row === 'object' && row !== null && 'seed' in row ? row.seed : 0
  return typeof id === 'number' ? id : 0
}

/** A subgraph's own schema with made-up data, the same for the same ids. */
export function standInSchema(name: string): GraphQLSchema {
  const schema = buildASTSchema(parse(readFileSync(join(ROOT, 'subgraphs', name, 'schema.graphql'), 'utf8')))
  for (const type of Object.values(schema.getTypeMap())) {
    if (isAbstractType(type)) type.resolveType = (row: Row) => String(row.__typename)
    if (!isObjectType(type) || type.name.startsWith('_')) continue
    for (const field of Object.values(type.getFields())) {
      field.resolve =
        field.name === '_entities'
          ? (_: unknown, { representations }: Row) => (representations as readonly Row[]).map(entity)
          : (row: unknown, args: Row) => resolved(field, row, args)
    }
  }
  return schema
}

const entity = ({ __typename, id }: Row): Row => ({ __typename, id, seed: Number(/\d+$/.exec(String(id))?.[0] ?? 0) })

function resolved(field: GraphQLField<unknown, unknown>, row: unknown, args: Row): unknown {
  const own = typeof row === 'object' && row !== null && field.name in row ? (row as Row)[field.name] : undefined
  return own ?? madeUp(field.type, field.name, seedOf(row), args)
}

function madeUp(type: GraphQLOutputType, name: string, seed: number, args: Row): unknown {
  if (isNonNullType(type)) return madeUp(type.ofType, name, seed, args)
  if (isListType(type)) {
    return Array.from({ length: SIZES[name] ?? 2 }, (_, index) => madeUp(type.ofType, name, seed * 2 + index, args))
  }
  const named = getNamedType(type)
  if (isEnumType(named)) return named.getValues()[0]?.value
  if (isScalarType(named)) return SCALARS[named.name]?.(seed) ?? `${name} of number ${seed}`
  const number = (seed + name.length) % (KINDS[named.name] ?? 1_000)
  return { id: args.id ?? `${named.name.toLowerCase()}-${number}`, seed: KINDS[named.name] ? number : seed }
}
