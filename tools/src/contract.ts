import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import {
  BreakingChangeType,
  DangerousChangeType,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLSchema,
} from 'graphql'

/** The schema that clients see: federation's own and all that is `@inaccessible` left out. */
export const apiSchemaOf = (supergraphSdl: string): GraphQLSchema =>
  Supergraph.build(supergraphSdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
    .apiSchema()
    .toGraphQLJSSchema()

export interface Comparison {
  /** What a client written against the contract would meet otherwise than the contract says. */
  readonly broken: readonly string[]
  /** What the contract has and the schema does not have at all. */
  readonly missing: readonly string[]
}

const MISSING: ReadonlySet<string> = new Set([
  BreakingChangeType.TYPE_REMOVED,
  BreakingChangeType.FIELD_REMOVED,
  BreakingChangeType.VALUE_REMOVED_FROM_ENUM,
  BreakingChangeType.TYPE_REMOVED_FROM_UNION,
])

/** Compares what there is with the contract; changed defaults count as broken, additions do not. */
export function compareWithContract(contract: GraphQLSchema, api: GraphQLSchema): Comparison {
  const breaking = findBreakingChanges(contract, api)
  const defaults = findDangerousChanges(contract, api).filter(
    ({ type }) => type === DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE,
  )
  const isMissing = ({ type }: { type: string }): boolean => MISSING.has(type)
  return {
    broken: [...breaking.filter((change) => !isMissing(change)), ...defaults].map(({ description }) => description),
    missing: breaking.filter(isMissing).map(({ description }) => description),
  }
}

/**
 * Of a table in Markdown whose rows are `| scope | fields it opens |`: the scope of each field, `a token` or `nothing` where
 * the row says so in words.
 */
export function scopesOfTable(markdown: string): ReadonlyMap<string, string> {
  const scopes = new Map<string, string>()
  for (const [, left = '', right = ''] of markdown.matchAll(/^\s*\|([^|]+)\|([^|]+)\|\s*$/gm)) {
    const needed = /`([a-z]+:[a-z]+)`/.exec(left)?.[1] ?? IN_WORDS.get(left.trim())
    if (needed === undefined) continue
    for (const [, field = ''] of right.matchAll(/`([\w.]+)`/g)) scopes.set(field, needed)
  }
  return scopes
}

const IN_WORDS: ReadonlyMap<string, string> = new Map([
  ['a token, no scope', 'a token'],
  ['nothing', 'nothing'],
])
