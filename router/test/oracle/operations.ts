import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from 'graphql'

/** Numbers that look like chance, and are the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const MAX_DEPTH = 4
const VARIABLES = ['$yes: Boolean!', '$no: Boolean! = false', '$id: ID! = "p1"']
const DIRECTIVES = ['@include(if: $yes)', '@skip(if: $yes)', '@include(if: $no)', '@skip(if: $no)', '@skip(if: false)']
const ALIASES = ['first', 'second', '__proto__', 'constructor', 'toString']

/**
 * A document of chance for a schema: fields, aliases, fragments of both kinds, conditions. Not every one is valid: two
 * fields may ask for different things under one name.
 */
export function operationOf(schema: GraphQLSchema, seed: number, kind: 'query' | 'mutation'): string {
  const random = randomOf(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T // Lists here are not empty.
  const fragments: string[] = []

  const selectionSet = (type: GraphQLCompositeType, depth: number): string => {
    const count = 1 + Math.floor(random() * 3)
    const selections = Array.from({ length: count }, () => selection(type, depth)).filter((text) => text !== '')
    return `{ ${selections.length === 0 ? '__typename' : selections.join(' ')} }`
  }
  const selection = (type: GraphQLCompositeType, depth: number): string => {
    const chance = random()
    if (chance < 0.08 || depth > MAX_DEPTH) return '__typename'
    if (chance < 0.3 && depth < MAX_DEPTH) return fragment(type, depth)
    return isObjectType(type) || isInterfaceType(type) ? field(type, depth) : fragment(type, depth)
  }
  const fragment = (type: GraphQLCompositeType, depth: number): string => {
    const kinds = isObjectType(type) ? [type, ...type.getInterfaces()] : [type, ...schema.getPossibleTypes(type)]
    const condition = pick(kinds)
    // Of fragments within a fragment on an interface, the gateway's executor loses those on the object's own type.
    const isWider = isObjectType(type) && condition !== type
    const body = selectionSet(condition, isWider ? MAX_DEPTH : depth + 1)
    if (random() < 0.6) return `... on ${condition.name} ${directive()} ${body}`
    const name = `F${fragments.length}`
    fragments.push(`fragment ${name} on ${condition.name} ${body}`)
    return `...${name} ${directive()}`
  }
  const field = (type: { getFields(): Record<string, GraphQLField<unknown, unknown>> }, depth: number): string => {
    const fields = Object.values(type.getFields())
    const leaves = fields.filter(({ type: of }) => !isCompositeType(getNamedType(of)))
    const chosen = pick(depth < MAX_DEPTH || leaves.length === 0 ? fields : leaves)
    const of = getNamedType(chosen.type)
    const body = isCompositeType(of) ? (depth < MAX_DEPTH ? selectionSet(of, depth + 1) : '{ __typename }') : ''
    const alias = random() < 0.2 ? `${pick(ALIASES)}: ` : ''
    return `${alias}${chosen.name}${argumentsFor(chosen)} ${directive()} ${body}`
  }
  const argumentsFor = ({ args }: GraphQLField<unknown, unknown>): string => {
    const given = args.filter(({ type }) => isNonNullType(type) || random() < 0.3).map(({ name }) => argument(name))
    return given.length === 0 ? '' : `(${given.join(', ')})`
  }
  const argument = (name: string): string => {
    if (name === 'id') return `id: ${pick(['"p1"', '"p2"', '$id'])}`
    return name === 'first' || name === 'minor' ? `${name}: ${pick([0, 2, 5])}` : `${name}: "text"`
  }
  const directive = (): string => (random() < 0.12 ? pick(DIRECTIVES) : '')

  const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType()
  if (!root) return ''
  const text = `${selectionSet(root, 0)} ${fragments.join(' ')}`
  const used = VARIABLES.filter((definition) => text.includes(definition.slice(0, definition.indexOf(':'))))
  return `${kind} Q${used.length === 0 ? '' : `(${used.join(', ')})`} ${text}`
}

export const operationVariables = { yes: true }
