import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sourceFiles } from './source-files.ts'

/** The list of recorded migrations, in the format of `sha256sum`: it can be checked without this code. */
export const CHECKSUM_FILE = 'tools/migrations.sha256'

/** By the path from the root: the SHA-256 of the file, in hex. */
export type Checksums = ReadonlyMap<string, string>

/** Of every migration that there is. */
export const presentChecksums = (root: string): Checksums =>
  new Map(sourceFiles(root, /(^|\/)[a-z-]*migrations\/[^/]+\.sql$/).map(({ path, text }) => [path, sha256(text)]))

export const recordedChecksums = (root: string): Checksums => {
  const file = join(root, CHECKSUM_FILE)
  return parseChecksums(existsSync(file) ? readFileSync(file, 'utf8') : '')
}

export function parseChecksums(text: string): Checksums {
  const lines = text.split('\n').filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const [, hash, path] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? []
      if (hash === undefined || path === undefined) throw new Error(`${CHECKSUM_FILE} has a line that is none: ${line}`)
      return [path, hash]
    }),
  )
}

export const formatChecksums = (checksums: Checksums): string =>
  [...checksums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, hash]) => `${hash}  ${path}\n`)
    .join('')

/** What became of the migrations since they were recorded, as sentences. */
export function migrationProblems({ recorded, present }: { recorded: Checksums; present: Checksums }): string[] {
  const changed = [...recorded].flatMap(([path, hash]) => {
    const now = present.get(path)
    if (now === undefined) return [`${path} is gone: databases that ran it exist.`]
    return now === hash ? [] : [`${path} was edited: databases that ran it will not run it again. Write the next one.`]
  })
  const unrecorded = [...present.keys()]
    .filter((path) => !recorded.has(path))
    .map((path) => `${path} is not recorded: npm run migrations:record.`)
  return [...changed, ...unrecorded]
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
