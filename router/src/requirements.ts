import type { Caller } from '@corridor/platform'
import type { GraphQLCompositeType, GraphQLField } from 'graphql'
import { type ConstDirectiveNode, type DocumentNode, type GraphQLSchema, getNamedType, isInterfaceType } from 'graphql'
import { argumentsOf, type KnownDirective } from './directive-names.ts'

/** What a field or type demands: a token, and with `scopes` all scopes of one of the lists. */
export interface Requirement {
  readonly scopes: readonly (readonly string[])[] | null
}

export interface Requirements {
  readonly fields: ReadonlyMap<string, Requirement>
  readonly types: ReadonlyMap<string, Requirement>
}

const TOKEN = 1n

/** Reads `@requiresScopes` and `@authenticated` of fields and types from the supergraph's text. */
export function readRequirements(supergraph: DocumentNode, names: ReadonlyMap<string, KnownDirective>): Requirements {
  const fields = new Map<string, Requirement>()
  const types = new Map<string, Requirement>()
  for (const definition of supergraph.definitions) {
    if (!('name' in definition) || definition.name === undefined || !('directives' in definition)) continue
    const type = definition.name.value
    const ofType = requirementOf((definition.directives ?? []) as readonly ConstDirectiveNode[], names) // Of definitions they are constant.
    if (ofType) types.set(type, ofType)
    if (!('fields' in definition)) continue
    for (const field of definition.fields ?? []) {
      const ofField = requirementOf(field.directives ?? [], names)
      if (ofField) fields.set(`${type}.${field.name.value}`, ofField)
    }
  }
  return { fields, types }
}

function requirementOf(
  directives: readonly ConstDirectiveNode[],
  names: ReadonlyMap<string, KnownDirective>,
): Requirement | undefined {
  let found: Requirement | undefined
  for (const directive of directives) {
    const known = names.get(directive.name.value)
    if (known === 'requiresScopes')
      found = { scopes: argumentsOf(directive).scopes as string[][] } // Composition checked its type.
    else if (known === 'authenticated') found ??= { scopes: null }
  }
  return found
}

/**
 * What stands before a field in an operation: its own requirement and its result's type's. On an interface it is what
 * any of the possible types demands, so that a fragment is never a way around.
 */
export function requirementsOf(
  { fields, types }: Requirements,
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  field: GraphQLField<unknown, unknown>,
): readonly Requirement[] {
  const result = getNamedType(field.type)
  const owners = isInterfaceType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent]
  const found = [...owners.map((owner) => fields.get(`${owner.name}.${field.name}`)), types.get(result.name)]
  return found.filter((requirement) => requirement !== undefined)
}

/** A scope is a user's: an application's own token opens nothing that demands one. */
export function isMet({ scopes }: Requirement, caller: Caller): boolean {
  if (scopes === null) return caller.kind !== 'anonymous'
  return caller.kind === 'user' && scopes.some((all) => all.every((scope) => caller.scopes.has(scope)))
}

/** What callers hold and operations ask for as sets of bits: the first is a token, each other a scope. */
export class Permissions {
  readonly #scopes: ReadonlyMap<string, bigint>
  readonly #held = new WeakMap<Caller, bigint>()

  constructor({ fields, types }: Requirements) {
    const all = [...fields.values(), ...types.values()].flatMap(({ scopes }) => (scopes ?? []).flat())
    this.#scopes = new Map([...new Set(all)].map((scope, index) => [scope, 1n << BigInt(index + 1)]))
  }

  /** Everything that a requirement names, the alternatives too: whoever holds all of it meets it. */
  namedBy({ scopes }: Requirement): bigint {
    return (scopes ?? []).flat().reduce((mask, scope) => mask | (this.#scopes.get(scope) ?? 0n), TOKEN)
  }

  /** What a caller holds of it all: two callers with the same may do the same. */
  heldBy(caller: Caller): bigint {
    let held = this.#held.get(caller)
    if (held === undefined) {
      held = caller.kind === 'anonymous' ? 0n : TOKEN
      if (caller.kind === 'user') for (const scope of caller.scopes) held |= this.#scopes.get(scope) ?? 0n
      this.#held.set(caller, held)
    }
    return held
  }
}
