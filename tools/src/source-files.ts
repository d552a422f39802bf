import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SourceFile {
  /** From the root, with slashes: `packages/money/src/money.ts`. */
  readonly path: string
  readonly text: string
}

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage'])

/**
 * The project's own files whose names end as asked, in the order of their paths. What is installed, built or begins with a
 * dot is left out; a file that is not committed yet is held to the rules like any other.
 */
export function sourceFiles(root: string, ending: RegExp): SourceFile[] {
  return pathsIn(root, '')
    .filter((path) => ending.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

function pathsIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || NOT_OURS.has(entry.name)) return []
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    return entry.isDirectory() ? pathsIn(root, path) : entry.isFile() ? [path] : []
  })
}

/** Whether the file only tests: tests themselves, what stands beside them, and whole scenarios. */
export const isTestFile = (path: string): boolean =>
  /\.(test|e2e)\.tsx?$/.test(path) || /(^|\/)(test|e2e)\//.test(path) || /(^|\/)vitest\.config\.ts$/.test(path)

/** The workspace that a file belongs to, by its folder; `''` for the files of the root. */
export function workspaceOf(path: string): string {
  const [first = '', second = '', ...deeper] = path.split('/')
  if (second === '') return ''
  const nested = (first === 'packages' || first === 'subgraphs') && deeper.length > 0
  return nested ? `${first}/${second}` : first
}
