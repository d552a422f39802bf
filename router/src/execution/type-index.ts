import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql'

/** Answers which types are kinds of which, of the whole supergraph; each question is looked up once. */
export class TypeIndex {
  readonly #known = new Map<string, Map<string, boolean>>()

  constructor(private readonly schema: GraphQLSchema) {}

  /** Whether an object that says `typename` of itself is a `condition`. Names that the schema lacks are of no kind. */
  isKindOf(typename: string, condition: string): boolean {
    if (typename === condition) return true
    let ofCondition = this.#known.get(condition)
    if (!ofCondition) {
      ofCondition = new Map()
      this.#known.set(condition, ofCondition)
    }
    const known = ofCondition.get(typename)
    if (known !== undefined) return known
    const found = this.#find(typename, condition)
    if (this.knows(typename)) ofCondition.set(typename, found)
    return found
  }

  /** What is kept per type is kept for known ones alone: a subgraph that makes names up must not fill the memory. */
  knows(typename: string): boolean {
    return this.schema.getType(typename) !== undefined
  }

  #find(typename: string, condition: string): boolean {
    const [type, wanted] = [this.schema.getType(typename), this.schema.getType(condition)]
    if (!isAbstractType(wanted) || !(isObjectType(type) || isInterfaceType(type))) return false
    return this.schema.isSubType(wanted, type)
  }
}
