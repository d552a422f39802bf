import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ModuleFile, packageOf } from './module-graph.ts'
import { isTestFile, sourceFiles, workspaceOf } from './source-files.ts'

/** What is read of a `package.json`. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface Workspace {
  /** From the root: `subgraphs/ledger`. */
  readonly folder: string
  readonly manifest: Manifest
}

export interface Manifests {
  /** The root's: names every external package once, with its one version. */
  readonly root: Manifest
  readonly workspaces: readonly Workspace[]
}

/** The manifests of the repository, workspaces in the order of their folders. */
export function readManifests(root: string): Manifests {
  const workspaces = sourceFiles(root, /(^|\/)package\.json$/)
    .filter(({ path }) => workspaceOf(path) !== '' && path === `${workspaceOf(path)}/package.json`)
    .map(({ path, text }) => ({ folder: workspaceOf(path), manifest: parseManifest(text) }))
  return { root: parseManifest(readFileSync(join(root, 'package.json'), 'utf8')), workspaces }
}

/** Of these production runs nothing: servers for development, tests, checks of the repository, and the web app, which Vite bundles. */
const OF_DEVELOPMENT: readonly string[] = ['packages/dev-services', 'packages/testing', 'tools', 'web']

type Field = 'dependencies' | 'devDependencies'

/** Where a workspace declares what it imports: an installation for production leaves `devDependencies` out. */
export const fieldOf = ({ folder }: Workspace): Field =>
  OF_DEVELOPMENT.includes(folder) ? 'devDependencies' : 'dependencies'

const parseManifest = (text: string): Manifest => JSON.parse(text) as Manifest // npm refuses to install any other shape.

/**
 * What each workspace should declare: the packages that its sources import, types included, in the versions of the root;
 * those of the repository itself in their own version. What only tests import is the root's.
 * The version is undefined where neither has the package.
 */
export function neededDependencies(
  { folder }: Workspace,
  { root, workspaces }: Manifests,
  modules: readonly ModuleFile[],
): ReadonlyMap<string, string | undefined> {
  const versions: Readonly<Record<string, string>> = {
    ...root.devDependencies,
    ...root.dependencies,
    ...Object.fromEntries(workspaces.map(({ manifest }) => [manifest.name, manifest.version])),
  }
  const imported = modules
    .filter(({ path }) => path.startsWith(`${folder}/src/`) && !isTestFile(path))
    .flatMap(({ imports }) => imports.map(({ specifier }) => packageOf(specifier)))
    .filter((name) => name !== undefined)
  return new Map([...new Set(imported)].sort().map((name) => [name, versions[name]]))
}

/** Everything wrong with what the workspaces and the root declare, as sentences. */
export function dependencyProblems(manifests: Manifests, modules: readonly ModuleFile[]): string[] {
  return [
    ...manifests.workspaces.flatMap((workspace) => workspaceProblems(workspace, manifests, modules)),
    ...rootProblems(manifests, modules),
  ]
}

function workspaceProblems(workspace: Workspace, manifests: Manifests, modules: readonly ModuleFile[]): string[] {
  const needed = neededDependencies(workspace, manifests, modules)
  const field = fieldOf(workspace)
  const declared = workspace.manifest[field] ?? {}
  const of = `${workspace.folder}/package.json`
  const missing = [...needed].flatMap(([name, version]) => {
    if (version === undefined) return [`${of}: ${name} is imported, and the root's package.json does not have it.`]
    if (declared[name] === undefined) return [`${of}: ${name} ${version} is missing.`]
    return declared[name] === version ? [] : [`${of}: ${name} is ${declared[name]}, the root's is ${version}.`]
  })
  const superfluous = Object.keys(declared)
    .filter((name) => !needed.has(name))
    .map((name) => `${of}: ${name} is imported by none of its sources.`)
  const other = field === 'dependencies' ? 'devDependencies' : 'dependencies'
  const misplaced = Object.keys(workspace.manifest[other] ?? {}).map((name) => `${of}: ${name} belongs to ${field}.`)
  return [...missing, ...superfluous, ...misplaced]
}

/** The root, too, leaves out of production what only development imports. */
function rootProblems(manifests: Manifests, modules: readonly ModuleFile[]): string[] {
  const importedBy = (field: Field): ReadonlySet<string> =>
    new Set(
      manifests.workspaces
        .filter((workspace) => fieldOf(workspace) === field)
        .flatMap((workspace) => [...neededDependencies(workspace, manifests, modules).keys()]),
    )
  const run = importedBy('dependencies')
  return [...importedBy('devDependencies')]
    .filter((name) => !run.has(name) && manifests.root.dependencies?.[name] !== undefined)
    .map((name) => `package.json: ${name} belongs to devDependencies.`)
}
