import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** A subgraph as `supergraph.yaml` names it. */
export interface SubgraphEntry {
  readonly name: string
  readonly routingUrl: string
  /** Its schema, relative to the root, as a person would open it. */
  readonly file: string
}

export interface SubgraphSource extends SubgraphEntry {
  readonly sdl: string
}

export interface SupergraphConfig<Subgraph extends SubgraphEntry = SubgraphSource> {
  /** The version of composition that is asked for: `=2.14.4` without the sign. */
  readonly federationVersion: string
  readonly subgraphs: readonly Subgraph[]
}

/** What stands in the way of composing, a sentence each, with file names relative to the root. */
export class CompositionProblems extends Error {
  override readonly name = 'CompositionProblems'
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'))
  }
}

const CONFIG_FILE = 'supergraph.yaml'

/**
 * Reads `supergraph.yaml` (Rover's format) and the schema files that it names, subgraphs in the order of their names.
 * Throws `CompositionProblems` with every file that is missing.
 */
export function readSupergraphConfig(root: string): SupergraphConfig {
  const { federationVersion, subgraphs } = readSupergraphEntries(root)
  const missing = subgraphs.filter(({ file }) => !existsSync(join(root, file)))
  if (missing.length > 0) {
    throw new CompositionProblems(
      missing.map(({ file }) => `${file} is missing: it is emitted from the subgraph's code and committed.`),
    )
  }
  return { federationVersion, subgraphs: subgraphs.map((entry) => withSdl(root, entry)) }
}

export const withSdl = (root: string, entry: SubgraphEntry): SubgraphSource => ({
  ...entry,
  sdl: readFileSync(join(root, entry.file), 'utf8'),
})

/** What `supergraph.yaml` says, without the schemas. Throws `CompositionProblems` with everything that is wrong with it. */
export function readSupergraphEntries(root: string): SupergraphConfig<SubgraphEntry> {
  const problems: string[] = []
  const config: unknown = parse(readFileSync(join(root, CONFIG_FILE), 'utf8'))
  const version = textAt(config, ['federation_version'])
  if (!version?.startsWith('='))
    problems.push(`${CONFIG_FILE}: federation_version is no exact version such as "=2.14.4".`)
  const names = Object.keys(recordAt(config, ['subgraphs']) ?? {}).sort()
  if (names.length === 0) problems.push(`${CONFIG_FILE}: names no subgraphs.`)
  const subgraphs: SubgraphEntry[] = []
  for (const name of names) {
    const entry = readEntry(config, name)
    if (typeof entry === 'string') problems.push(entry)
    else subgraphs.push(entry)
  }
  if (problems.length > 0) throw new CompositionProblems(problems)
  return { federationVersion: (version ?? '').slice(1), subgraphs }
}

/** The subgraph, or the sentence that says what is wrong with it. */
function readEntry(config: unknown, name: string): SubgraphEntry | string {
  const routingUrl = textAt(config, ['subgraphs', name, 'routing_url'])
  const written = textAt(config, ['subgraphs', name, 'schema', 'file'])
  if (routingUrl === undefined || !URL.canParse(routingUrl)) return `${CONFIG_FILE}: ${name} has no routing_url.`
  if (written === undefined) return `${CONFIG_FILE}: ${name} has no schema.file.`
  return { name, routingUrl, file: written.replace(/^\.\//, '') }
}

function at(value: unknown, path: readonly string[]): unknown {
  let current = value
  for (const key of path) current = isRecord(current) && Object.hasOwn(current, key) ? current[key] : undefined
  return current
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  const found = at(value, path)
  return typeof found === 'string' ? found : undefined
}

function recordAt(value: unknown, path: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  const found = at(value, path)
  return isRecord(found) ? found : undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
