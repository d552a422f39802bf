import { createHash } from 'node:crypto'
import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { type DocumentNode, GraphQLError, type GraphQLFieldResolver, type GraphQLSchema, parse } from 'graphql'

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7",
  import: ["@key", "@shareable", "@inaccessible", "@interfaceObject", "@requires", "@external"])`

/** Four subgraphs with everything that plans are made of: entities, interfaces, unions, inaccessible parts, requires. */
const SDL = {
  people: `${LINK}
    type Query {
      person(id: ID!): Person
      people(first: Int = 3): [Person!]!
      strict: Person!
      node(id: ID!): Node
      search(text: String): [SearchResult]
      matrix: [[Person]]
      mood: Mood
    }
    type Mutation { rename(id: ID!, name: String!): Person  promote(id: ID!): Person! }
    interface Node { id: ID! }
    type Person implements Node @key(fields: "id") {
      id: ID! name: String! nick: String mood: Mood moods: [Mood!] friends: [Person!] boss: Person pet: Pet
    }
    type Company implements Node @key(fields: "id", resolvable: false) { id: ID! }
    type Ghost implements Node @inaccessible { id: ID! }
    type Dog { name: String! owner: Person } type Cat { name: String! lives: Int! }
    union Pet = Dog | Cat
    union SearchResult = Person | Company | Ghost
    enum Mood { GOOD BAD UNKNOWN @inaccessible }`,
  money: `${LINK}
    type Query { wallets: [Wallet!]! wallet(id: ID!): Wallet }
    type Mutation { pay(id: ID!, minor: Int!): Wallet }
    interface Node { id: ID! }
    type Person @key(fields: "id") { id: ID! balance: Int debt: Int! wallets: [Wallet!] }
    type Company @key(fields: "id") { id: ID! size: Int @external value: Int @requires(fields: "size") }
    type Wallet implements Node @key(fields: "id") { id: ID! owner: Person! minor: Int! limit: Int }`,
  firms: `${LINK}
    type Query { companies: [Company!] library: [Media!]! favourite: Media }
    interface Node { id: ID! }
    type Company implements Node @key(fields: "id") { id: ID! title: String! size: Int staff: [Person!]! }
    type Person @key(fields: "id") { id: ID! employer: Company }
    interface Media @key(fields: "id") { id: ID! title: String }
    type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
    type Film implements Media @key(fields: "id") { id: ID! title: String minutes: Int! author: Person }`,
  reviews: `${LINK}
    type Query { best: Media }
    type Media @interfaceObject @key(fields: "id") { id: ID! score: Int reviews: [Review!] }
    type Review { text: String author: Person! }
    type Person @key(fields: "id") { id: ID! reviews: [Review!]! }`,
} as const

export type OracleSubgraph = keyof typeof SDL

type Row = Readonly<Record<string, unknown>>

/** A number that depends on nothing but the text: the same question always gets the same answer. */
const chance = (text: string): number => createHash('sha256').update(text).digest().readUInt16BE(0)

const person = (id: string): Row => ({ __typename: 'Person', id })
const company = (id: string): Row => ({ __typename: 'Company', id })
const media = (id: string): Row => ({ __typename: Number(id.slice(1)) % 2 ? 'Book' : 'Film', id })
const wallet = (id: string): Row => ({ __typename: 'Wallet', id })

const some = <T>(make: (id: string) => T, seed: string, count = chance(seed) % 4): T[] =>
  Array.from({ length: count }, (_, index) => make(`p${chance(`${seed} ${index}`) % 7}`))

const VALUES: Readonly<Record<string, (id: string) => unknown>> = {
  name: (id) => `Name "${id}" \u2028 é`,
  nick: (id) => `nick ${id}`,
  mood: (id) => (['GOOD', 'BAD', 'UNKNOWN'] as const)[chance(`mood ${id}`) % 3],
  moods: (id) => (['GOOD', 'BAD', 'UNKNOWN'] as const).slice(chance(`moods ${id}`) % 3),
  friends: (id) => some(person, `friends ${id}`),
  boss: (id) => person(`p${chance(`boss ${id}`) % 7}`),
  pet: (id) =>
    chance(`pet ${id}`) % 2
      ? { __typename: 'Dog', name: 'Rex', owner: person(id) }
      : { __typename: 'Cat', name: 'Tom', lives: 9 },
  balance: (id) => chance(`balance ${id}`),
  debt: (id) => chance(`debt ${id}`),
  wallets: (id) => some(wallet, `wallets ${id}`),
  owner: (id) => person(`p${chance(`owner ${id}`) % 7}`),
  minor: (id) => chance(`minor ${id}`),
  limit: (id) => chance(`limit ${id}`),
  title: (id) => `Title ${id}`,
  size: (id) => chance(`size ${id}`),
  staff: (id) => some(person, `staff ${id}`),
  employer: (id) => company(`p${chance(`employer ${id}`) % 7}`),
  pages: (id) => chance(`pages ${id}`),
  minutes: (id) => chance(`minutes ${id}`),
  author: (id) => person(`p${chance(`author ${id}`) % 7}`),
  score: (id) => chance(`score ${id}`),
  reviews: (id) => some((text) => ({ id: text, text, author: person(text) }), `reviews ${id}`),
}

const ROOTS: Readonly<Record<string, (args: Row) => unknown>> = {
  person: ({ id }) => person(String(id)),
  people: ({ first }) => some(person, 'people', Number(first)),
  strict: () => person('p1'),
  node: ({ id }) => (chance(`node ${id}`) % 3 ? person(String(id)) : { __typename: 'Ghost', id }),
  search: () => [person('p1'), company('p2'), null, { __typename: 'Ghost', id: 'p3' }, person('p4')],
  matrix: () => [[person('p1'), null], null, [person('p2'), person('p1')], []],
  mood: () => 'UNKNOWN',
  wallets: () => some(wallet, 'all wallets', 5),
  wallet: ({ id }) => wallet(String(id)),
  companies: () => some(company, 'companies', 4),
  library: () => some(media, 'library', 5),
  favourite: () => media('p3'),
  best: () => ({ id: 'p2' }),
}

/** Of all that is asked, about one answer in sixteen is an error, one null, and one entity in nine unknown. */
const RARE = 16
const UNKNOWN = 9

export interface OracleWorld {
  readonly supergraphSdl: string
  readonly schemas: Readonly<Record<OracleSubgraph, GraphQLSchema>>
  /** Mutations that ran, in order. */
  readonly ran: string[]
}

export function oracleWorld(): OracleWorld {
  const ran: string[] = []
  const names = Object.keys(SDL) as OracleSubgraph[]
  const typeDefs = Object.fromEntries(names.map((name) => [name, parse(SDL[name])])) as Record<
    OracleSubgraph,
    DocumentNode
  >
  const { supergraphSdl, errors } = composeServices(
    names.map((name) => ({ name, url: `http://127.0.0.1:1/${name}`, typeDefs: typeDefs[name] })),
  )
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], errors?.[0]?.message ?? 'not composed')
  const schemas = Object.fromEntries(
    names.map((name) => [name, withResolvers(buildSubgraphSchema([{ typeDefs: typeDefs[name] }]), ran)]),
  ) as Record<OracleSubgraph, GraphQLSchema>
  return { supergraphSdl, schemas, ran }
}

function withResolvers(schema: GraphQLSchema, ran: string[]): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || !('getFields' in type)) continue
    if ('resolveReference' in type || type.astNode?.kind === 'ObjectTypeDefinition') {
      Object.assign(type, { resolveReference: referenceOf })
    }
    for (const field of Object.values(type.getFields())) {
      if (field.name.startsWith('_') || !('args' in field)) continue
      field.resolve =
        type.name === 'Query'
          ? (_source: unknown, args: Row) => ROOTS[field.name]?.(args)
          : type.name === 'Mutation'
            ? mutationOf(field.name, ran)
            : fieldOf(type.name, field.name)
    }
  }
  return schema
}

const referenceOf = (reference: Row): Row | null =>
  chance(`entity ${reference.__typename} ${reference.id}`) % UNKNOWN === 0
    ? null
    : reference.__typename === 'Media'
      ? media(String(reference.id))
      : reference

function mutationOf(name: string, ran: string[]): GraphQLFieldResolver<unknown, unknown, Row> {
  return (_source, args) => {
    ran.push(`${name} ${JSON.stringify(args)}`)
    if (chance(`${name} ${ran.length}`) % 3 === 0) throw new GraphQLError('No.', { extensions: { code: 'CONFLICT' } })
    return name === 'pay' ? wallet(String(args.id)) : person(String(args.id))
  }
}

function fieldOf(type: string, name: string): GraphQLFieldResolver<Row, unknown> {
  return (source) => {
    if (name === 'id' || !(name in VALUES)) return source[name]
    const id = String(source.id ?? source.text)
    const luck = chance(`${type} ${name} ${id}`) % RARE
    if (luck === 0) throw new GraphQLError(`No ${name}.`, { extensions: { code: 'NOT_FOUND' } })
    if (name === 'value') return Number(source.size ?? 0) * 2
    return luck === 1 ? null : (source[name] ?? VALUES[name]?.(id))
  }
}
