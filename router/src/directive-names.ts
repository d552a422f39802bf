import { type ConstDirectiveNode, type DocumentNode, Kind, valueFromASTUntyped } from 'graphql'

/** The directives that the router reads, by the name of their specification. */
export type KnownDirective = 'authenticated' | 'requiresScopes' | 'live'

const SPECIFICATION = /\/(authenticated|requiresScopes|live)\/v[\d.]+$/

/**
 * By which name the document applies each directive that the router reads: `@link` may rename one by `as` or in its
 * `import`, and a rename that was not followed would open what it guards.
 */
export function directiveNames(supergraph: DocumentNode): ReadonlyMap<string, KnownDirective> {
  const names = new Map<string, KnownDirective>()
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue
    for (const directive of definition.directives ?? []) {
      const link = argumentsOf(directive)
      const known = SPECIFICATION.exec(typeof link.url === 'string' ? link.url : '')?.[1]
      if (known === undefined) continue
      const local = typeof link.as === 'string' ? link.as : importedAs(link.import, known)
      names.set(local ?? known, known as KnownDirective) // The expression matches these names alone.
    }
  }
  return names
}

function importedAs(imports: unknown, name: string): string | undefined {
  if (!Array.isArray(imports)) return undefined
  for (const item of imports as unknown[]) {
    if (typeof item !== 'object' || item === null || !('name' in item) || !('as' in item)) continue
    if (item.name === `@${name}` && typeof item.as === 'string') return item.as.slice(1)
  }
  return undefined
}

/** The arguments of a directive as plain values. */
export const argumentsOf = (directive: ConstDirectiveNode): Readonly<Record<string, unknown>> =>
  Object.fromEntries((directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]))
