import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { refusal } from './complexity.ts'
import { LiteralsOfScalarsRule, literalDepth } from './literals.ts'

/** A valid document, and what is remembered with it by the name of its operation. */
export interface KnownDocument<Operation> {
  readonly text: string
  readonly document: DocumentNode
  readonly operations: Map<string, Operation>
}

export type Read<Operation> =
  | { readonly known: KnownDocument<Operation> }
  | { readonly errors: readonly GraphQLError[] }

const MAX_DOCUMENTS = 2_000
/** Together, in characters: a document may be as long as a request. */
const MAX_TEXT = 16 * 1024 * 1024

/** Reads and validates documents against one schema. The same text is read once, as long as it is remembered. */
export class Documents<Operation> {
  readonly #known = new LRUCache<string, KnownDocument<Operation>>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_TEXT,
    sizeCalculation: ({ text }) => text.length + 1,
  })
  readonly #rules

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly options: {
      readonly tokens: number
      readonly literalDepth: number
      readonly introspection: boolean
    },
  ) {
    const rules = [...specifiedRules, LiteralsOfScalarsRule]
    this.#rules = options.introspection ? rules : [...rules, NoSchemaIntrospectionCustomRule]
  }

  /** The document of that text, if it was read before. */
  find(text: string): KnownDocument<Operation> | undefined {
    return this.#known.get(text)
  }

  read(text: string): Read<Operation> {
    const found = this.find(text)
    if (found) return { known: found }
    const { tokens, literalDepth: maxLiteralDepth, introspection } = this.options
    try {
      const document = parse(text, { maxTokens: tokens })
      if (literalDepth(document) > maxLiteralDepth) {
        return { errors: [refusal('levels of values', maxLiteralDepth)] }
      }
      const errors = validate(this.schema, document, this.#rules, { hideSuggestions: !introspection })
      if (errors.length > 0) return { errors: errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')) }
      const known = { text, document, operations: new Map<string, Operation>() }
      this.#known.set(text, known)
      return { known }
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error
      return { errors: [coded(error, 'GRAPHQL_PARSE_FAILED')] }
    }
  }

  /** What was read, the most recently used first. */
  recent(): Iterable<KnownDocument<Operation>> {
    return this.#known.values()
  }
}

const coded = (error: GraphQLError, code: string): GraphQLError =>
  new GraphQLError(error.message, {
    ...(error.nodes ? { nodes: error.nodes } : {}),
    ...(error.source ? { source: error.source } : {}),
    ...(error.positions ? { positions: error.positions } : {}),
    extensions: { code },
  })
