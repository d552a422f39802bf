import { dirname, join, normalize, sep } from 'node:path'
import { parseSync } from '@swc/core'
import type { SourceFile } from './source-files.ts'

export interface Import {
  /** As written: `./money.ts`, `@corridor/money`, `node:fs`. */
  readonly specifier: string
  /** Gone once compiled. */
  readonly typeOnly: boolean
}

export interface ModuleFile {
  readonly path: string
  readonly imports: readonly Import[]
  readonly readsEnvironment: boolean
  /** Whether the type `any` is written anywhere in it. */
  readonly saysAny: boolean
}

/**
 * What a file imports, in every form that TypeScript has, whether it reads `process.env`, and whether it writes the type
 * `any`; comments and strings count for nothing.
 */
export function readModule({ path, text }: SourceFile): ModuleFile {
  const imports: Import[] = []
  let readsEnvironment = false
  let saysAny = false
  visit(parseSync(text, { syntax: 'typescript', decorators: true, tsx: path.endsWith('x') }), (node) => {
    const found = importOf(node)
    if (found) imports.push(found)
    readsEnvironment ||= isEnvironment(node)
    saysAny ||= node.type === 'TsKeywordType' && node.kind === 'any'
  })
  return { path, imports, readsEnvironment, saysAny }
}

/** The file that a relative specifier means, from the root. */
export const resolveRelative = (from: string, specifier: string): string =>
  normalize(join(dirname(from), specifier))
    .split(sep)
    .join('/')

export const isRelative = (specifier: string): boolean => specifier.startsWith('.')

/** `@scope/name` or `name` of a specifier that is a package's; undefined for files and for Node's own modules. */
export function packageOf(specifier: string): string | undefined {
  if (isRelative(specifier) || specifier.startsWith('node:')) return undefined
  const [first = '', second = ''] = specifier.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}

/**
 * One cycle of imports that are still there once compiled, as the paths along it, or undefined where there is none. In such
 * a cycle some module runs before what it imports, and its decorators see `undefined`.
 */
export function findCycle(modules: readonly ModuleFile[]): readonly string[] | undefined {
  const byPath = new Map(modules.map((module) => [module.path, module]))
  const done = new Set<string>()
  for (const { path } of modules) {
    const cycle = cycleFrom({ path, trail: [], byPath, done })
    if (cycle) return cycle
  }
  return undefined
}

interface Walk {
  readonly path: string
  readonly trail: readonly string[]
  readonly byPath: ReadonlyMap<string, ModuleFile>
  /** Files from which no cycle is reached. */
  readonly done: Set<string>
}

function cycleFrom({ path, trail, byPath, done }: Walk): readonly string[] | undefined {
  if (done.has(path)) return undefined
  if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
  for (const { specifier, typeOnly } of byPath.get(path)?.imports ?? []) {
    if (typeOnly || !isRelative(specifier)) continue
    const cycle = cycleFrom({ path: resolveRelative(path, specifier), trail: [...trail, path], byPath, done })
    if (cycle) return cycle
  }
  done.add(path)
  return undefined
}

/** What is looked at of a node of SWC's syntax tree, whatever its kind. */
interface Node {
  readonly type?: unknown
  readonly kind?: unknown
  readonly value?: unknown
  readonly source?: unknown
  readonly typeOnly?: unknown
  readonly argument?: unknown
  readonly arguments?: unknown
  readonly callee?: unknown
  readonly expression?: unknown
  readonly object?: unknown
  readonly property?: unknown
  readonly init?: unknown
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, see)
  } else if (isNode(value)) {
    see(value)
    for (const child of Object.values(value)) visit(child, see)
  }
}

function importOf(node: Node): Import | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return asImport(node.source, node.typeOnly === true)
    case 'TsImportType':
      return asImport(node.argument, true)
    case 'CallExpression':
      return importByCall(node)
    default:
      return undefined
  }
}

/** `import('x')`, or `require('x')` and `require.resolve('x')`, also of a `require` that was just made. */
function importByCall({ callee, arguments: given }: Node): Import | undefined {
  const [first] = Array.isArray(given) ? (given as unknown[]) : []
  if (!isNode(callee) || !isNode(first)) return undefined
  const resolves = callee.type === 'MemberExpression' && named(callee.property, 'resolve') && isRequire(callee.object)
  return callee.type === 'Import' || isRequire(callee) || resolves ? asImport(first.expression, false) : undefined
}

const isRequire = (node: unknown): boolean =>
  named(node, 'require') || (isNode(node) && node.type === 'CallExpression' && named(node.callee, 'createRequire'))

function asImport(source: unknown, typeOnly: boolean): Import | undefined {
  const specifier = isNode(source) && source.type === 'StringLiteral' ? source.value : undefined
  return typeof specifier === 'string' ? { specifier, typeOnly } : undefined
}

/** `process.env`, `process['env']`, or `env` taken from `process` or from `node:process`. */
function isEnvironment(node: Node): boolean {
  if (node.type === 'MemberExpression') return named(node.object, 'process') && named(node.property, 'env')
  if (node.type === 'VariableDeclarator') return named(node.init, 'process')
  return node.type === 'ImportDeclaration' && named(node.source, 'node:process')
}

function named(node: unknown, name: string): boolean {
  if (!isNode(node)) return false
  return node.value === name || (node.type === 'Computed' && named(node.expression, name))
}
