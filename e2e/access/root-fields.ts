import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Kind, type ObjectTypeDefinitionNode, parse } from 'graphql'

export interface RootField {
  readonly name: string
  readonly operation: 'query' | 'mutation' | 'subscription'
  readonly scopes: readonly string[]
  readonly needsToken: boolean
  readonly nullable: boolean
}

const ROOTS = { Query: 'query', Mutation: 'mutation', Subscription: 'subscription' } as const

/** Every root field that clients see, with what the committed supergraph demands for it. */
export function rootFields(): RootField[] {
  const { definitions } = parse(readFileSync(resolve(import.meta.dirname, '../../supergraph.graphql'), 'utf8'))
  const types = definitions.filter(
    (node): node is ObjectTypeDefinitionNode => node.kind === Kind.OBJECT_TYPE_DEFINITION,
  )
  return Object.entries(ROOTS).flatMap(([root, operation]) =>
    (types.find(({ name }) => name.value === root)?.fields ?? []).flatMap(({ name, type, directives = [] }) => {
      const named = (directive: string) => directives.find((node) => node.name.value === directive)
      if (named('inaccessible')) return []
      const written = JSON.stringify(named('requiresScopes')?.arguments?.[0]?.value ?? '')
      const scopes = [...written.matchAll(/"value":"([^"]+)"/g)].map(([, scope]) => scope ?? '')
      const needsToken = scopes.length > 0 || named('authenticated') !== undefined
      return [{ name: name.value, operation, scopes, needsToken, nullable: type.kind !== Kind.NON_NULL_TYPE }]
    }),
  )
}
