import { createRequire } from 'node:module'
import { composeServices } from '@apollo/composition'
import { type DocumentNode, GraphQLError, parse, Source } from 'graphql'
import { CompositionProblems, type SubgraphSource, type SupergraphConfig } from './supergraph-config.ts'

export interface Composed {
  readonly supergraphSdl: string
  /** What composition warns of, a line each. */
  readonly warnings: readonly string[]
}

/**
 * Composes the subgraphs into one supergraph. The same sources give the same text, in whatever order they are named.
 * Throws `CompositionProblems` with every error, each with the places in the subgraphs' files that it comes from.
 */
export function composeSupergraph({ federationVersion, subgraphs }: SupergraphConfig): Composed {
  mustBeInstalled(federationVersion)
  const sorted = subgraphs.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const documents = parseAll(sorted)
  const result = composeServices(
    sorted.map(({ name, routingUrl }, index) => ({ name, url: routingUrl, typeDefs: documentOf(documents, index) })),
  )
  if (result.errors) throw new CompositionProblems(result.errors.map(describeError))
  const warnings = result.hints.filter(({ definition }) => definition.level.name === 'WARN')
  return {
    supergraphSdl: `${result.supergraphSdl.trim()}\n`,
    warnings: warnings.map(({ definition, message }) => `${definition.code}: ${message}`),
  }
}

/** Another version composes other rules: what is checked here would not be what a router of that version gets. */
function mustBeInstalled(federationVersion: string): void {
  const manifest: unknown = createRequire(import.meta.url)('@apollo/composition/package.json')
  const installed = (manifest as { version: string }).version // Every package.json in node_modules has one.
  if (installed !== federationVersion) {
    throw new CompositionProblems([
      `supergraph.yaml asks for federation ${federationVersion}, installed is @apollo/composition ${installed}.`,
    ])
  }
}

function parseAll(subgraphs: readonly SubgraphSource[]): readonly DocumentNode[] {
  const problems: string[] = []
  const documents: DocumentNode[] = []
  for (const { sdl, file } of subgraphs) {
    try {
      documents.push(parse(new Source(sdl, file)))
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error
      problems.push(withPlaces(error.message, [`${file}:${error.locations?.[0]?.line ?? 1}`]))
    }
  }
  if (problems.length > 0) throw new CompositionProblems(problems)
  return documents
}

function documentOf(documents: readonly DocumentNode[], index: number): DocumentNode {
  const document = documents[index]
  if (!document) throw new RangeError('Every subgraph was parsed.')
  return document
}

/** `CODE: message`, and under it each place as `file:line`: sources were parsed under the names of their files. */
function describeError(error: GraphQLError): string {
  const places = (error.nodes ?? []).flatMap(({ loc }) => (loc ? [`${loc.source.name}:${loc.startToken.line}`] : []))
  const { code } = error.extensions
  return withPlaces(typeof code === 'string' ? `${code}: ${error.message}` : error.message, [...new Set(places)])
}

const withPlaces = (message: string, places: readonly string[]): string =>
  [message, ...places.map((place) => `    at ${place}`)].join('\n')
