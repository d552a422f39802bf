import { findCycle, type Import, isRelative, type ModuleFile, packageOf, resolveRelative } from './module-graph.ts'
import { isTestFile, workspaceOf } from './source-files.ts'

const SCOPE = '@corridor/'
const SHARED = ['packages/money', 'packages/platform', 'packages/events', 'packages/subgraph']

/** Which workspaces each may import. What is not named here, and is no subgraph, may import none. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/money': [],
  'packages/platform': [],
  'packages/events': ['packages/money', 'packages/platform'],
  'packages/subgraph': ['packages/money', 'packages/platform', 'packages/events'],
  'packages/dev-services': ['packages/money', 'packages/platform'],
  'packages/testing': [...SHARED, 'packages/dev-services'],
  router: SHARED,
  tools: SHARED,
  wso2: ['packages/platform'],
  certs: [],
}

/** Test support, for tests alone. */
const TESTING = 'packages/testing'
/** Builds the whole platform in one process, and so imports everything; whole scenarios and benchmarks start it. */
const EMBEDDED = 'packages/embedded'
const STARTS_EVERYTHING = new Set(['e2e', 'bench'])
/** Packages that only tests import. */
const TEST_PACKAGES = new Set(['vitest', 'fast-check'])

/** Inside a subgraph, from left to right; a file imports only what stands left of it or beside it. */
const LAYERS = ['domain', 'entities', 'use-cases', 'resolvers', 'index', 'main']
/** Clients, ports, configuration and the like stand where use cases stand. */
const OTHER_FOLDERS = LAYERS.indexOf('use-cases')

/** Packages that reach a database: workers leave SQL to the subgraph whose use case they call. */
const DATABASE_PACKAGES = /^(pg|kysely|postgrator|@mikro-orm\/.*)$/
/** A pure rule hashes and compares; it opens no file, socket or database. */
const PURE_NODE_MODULES = new Set(['node:crypto', 'node:buffer', 'node:util'])

/** Every import that goes where it may not, as a sentence. An empty list is the rule. */
export function boundaryViolations(modules: readonly ModuleFile[]): string[] {
  const violations = modules.flatMap((module) =>
    module.imports.flatMap((item) => {
      const reason = isRelative(item.specifier) ? againstFiles(module.path, item) : againstPackages(module.path, item)
      return reason === undefined ? [] : [`${module.path} imports ${item.specifier}: ${reason}`]
    }),
  )
  const cycle = findCycle(modules.filter(({ path }) => !isTestFile(path)))
  return [...violations, ...workersOfSeveral(modules), ...(cycle ? [`${cycle.join(' -> ')}: a cycle.`] : [])]
}

function againstFiles(from: string, { specifier }: Import): string | undefined {
  const to = resolveRelative(from, specifier)
  if (workspaceOf(to) !== workspaceOf(from)) return reachesOut(from, to)
  if (!/\.(ts|tsx|js|mjs|json|css)$/.test(specifier)) return 'a relative import ends in the name of the file.'
  if (isTestFile(to) && !isTestFile(from)) return 'only tests import from tests.'
  const left = layerOf(from)
  const right = layerOf(to)
  if (left === undefined || right === undefined || isTestFile(from)) return undefined
  if (right > left) return `${LAYERS.join(' <- ')}: imports go left only.`
  if (left <= LAYERS.indexOf('entities') && isOtherFolder(to)) return 'domain and entities import each other alone.'
  return undefined
}

/** A workspace's own vitest configuration may start from the root's, and a benchmark measures what a scenario tries. */
function reachesOut(from: string, to: string): string | undefined {
  if (from.endsWith('/vitest.config.ts') && to === 'vitest.config.ts') return undefined
  if (workspaceOf(from) === 'bench' && workspaceOf(to) === 'e2e') return undefined
  return 'a package is imported by its name.'
}

function againstPackages(from: string, { specifier }: Import): string | undefined {
  const name = packageOf(specifier)
  if (name === undefined) return againstNodeModules(from, specifier)
  if (TEST_PACKAGES.has(name) && !mayImportTesting(from)) return 'it is for tests alone.'
  if (!name.startsWith(SCOPE)) return againstExternals(from, name)
  if (specifier !== name) return 'a package is imported through its index.'
  return mayImport(from, workspaceNamed(name)) ? undefined : 'it stands to the right, or beside.'
}

function againstNodeModules(from: string, specifier: string): string | undefined {
  if (isForBrowsers(from)) return 'a browser has no such module.'
  if (!isDomain(from) || PURE_NODE_MODULES.has(specifier)) return undefined
  return 'the domain is pure.'
}

function againstExternals(from: string, name: string): string | undefined {
  if (workspaceOf(from) === 'workers' && !isTestFile(from) && DATABASE_PACKAGES.test(name)) {
    return 'a worker has no SQL of its own.'
  }
  if (
    isDomain(from) &&
    (DATABASE_PACKAGES.test(name) || /^(graphql|type-graphql|undici|ioredis|kafkajs)$/.test(name))
  ) {
    return 'the domain is pure.'
  }
  return undefined
}

function mayImport(from: string, to: string): boolean {
  const workspace = workspaceOf(from)
  if (to === TESTING) return mayImportTesting(from)
  if (workspace === EMBEDDED || STARTS_EVERYTHING.has(workspace)) return true
  if (workspace === 'workers' && to.startsWith('subgraphs/')) return true
  if (workspace === 'workers' || workspace.startsWith('subgraphs/')) return SHARED.includes(to)
  return MAY_IMPORT[workspace]?.includes(to) ?? false
}

const mayImportTesting = (from: string): boolean =>
  isTestFile(from) || workspaceOf(from) === TESTING || STARTS_EVERYTHING.has(workspaceOf(from))

/** What holds the domains against each other reads the tables of several. */
const BETWEEN_DOMAINS = new Set(['reconciler'])

/** A worker changes the tables of one subgraph: its folder imports one. */
function workersOfSeveral(modules: readonly ModuleFile[]): string[] {
  const subgraphsOf = new Map<string, Set<string>>()
  for (const { path, imports } of modules) {
    const worker = /^workers\/src\/([^/]+)\//.exec(path)?.[1]
    if (worker === undefined || BETWEEN_DOMAINS.has(worker) || isTestFile(path)) continue
    const used = subgraphsOf.get(worker) ?? new Set()
    for (const { specifier } of imports) {
      const workspace = workspaceNamed(packageOf(specifier) ?? '')
      if (workspace.startsWith('subgraphs/')) used.add(workspace)
    }
    subgraphsOf.set(worker, used)
  }
  return [...subgraphsOf]
    .filter(([, used]) => used.size > 1)
    .map(([worker, used]) => `workers/src/${worker} imports ${[...used].join(' and ')}: a worker imports one subgraph.`)
}

const SUBGRAPHS = new Set(['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet'])
const TOP_LEVEL = new Set(['router', 'workers', 'tools', 'web', 'wso2', 'certs'])

/** The folder of a package of ours; `''` for any other. */
function workspaceNamed(name: string): string {
  if (!name.startsWith(SCOPE)) return ''
  const short = name.slice(SCOPE.length)
  return TOP_LEVEL.has(short) ? short : `${SUBGRAPHS.has(short) ? 'subgraphs' : 'packages'}/${short}`
}

const SUBGRAPH_FILE = /^subgraphs\/[^/]+\/src\/([^/]+?)(?:\.tsx?)?(?:\/.*)?$/

function layerOf(path: string): number | undefined {
  const folder = SUBGRAPH_FILE.exec(path)?.[1]
  if (folder === undefined) return undefined
  const layer = LAYERS.indexOf(folder)
  return layer === -1 ? OTHER_FOLDERS : layer
}

function isOtherFolder(path: string): boolean {
  const folder = SUBGRAPH_FILE.exec(path)?.[1]
  return folder !== undefined && !LAYERS.includes(folder)
}

/** The web app; its tests and its build run on Node. */
const isForBrowsers = (path: string): boolean => path.startsWith('web/src/') && !isTestFile(path)

const isDomain = (path: string): boolean => /^subgraphs\/[^/]+\/src\/domain\//.test(path) && !isTestFile(path)
