import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isReachableByOthers, runtimeUser, StartError } from '@corridor/dev-services'

/** What the platform keeps between two runs, and where. */
export interface DataDirectory {
  readonly root: string
  readonly secretsFile: string
  readonly identity: string
  readonly dynamo: string
  readonly mail: string
  /** Process ids of parts: `<part>.pid`. */
  readonly run: string
  readonly postgres: {
    readonly data: string
    readonly log: string
    readonly binaries: string
  }
}

/** Its owner uses it; others may pass through to what is theirs, which is how PostgreSQL reaches its own folder. */
const PASS_THROUGH = 0o711
const PRIVATE = 0o700
/** Where PostgreSQL's files stand when its user cannot enter the data folder: below a folder per platform. */
const ELSEWHERE = '/var/lib/corridor'

/**
 * The data folder, made if it is not there. As root, PostgreSQL runs as another user; when that user cannot reach the
 * folder, its files stand elsewhere, and `postgres.location` says where.
 *
 * @throws StartError when the folder is not one, or not ours to write.
 */
export function openDataDirectory(root: string): DataDirectory {
  if (existsSync(root) && !statSync(root).isDirectory()) {
    throw new StartError(`${root} is not a folder.`, 'move it away, or name another folder with DATA_DIR')
  }
  const asRoot = runtimeUser() !== null
  mkdirSync(root, { recursive: true })
  chmodSync(root, asRoot ? PASS_THROUGH : PRIVATE)
  const run = join(root, 'run')
  const mail = join(root, 'mail')
  for (const folder of [run, mail]) mkdirSync(folder, { recursive: true, mode: PRIVATE })
  const base = postgresBase(root, asRoot)
  return {
    root,
    secretsFile: join(root, 'secrets.json'),
    identity: join(root, 'identity'),
    dynamo: join(root, 'dynamo'),
    mail,
    run,
    postgres: { data: join(base, 'data'), log: join(root, 'postgres.log'), binaries: join(base, 'binaries') },
  }
}

/** Removes everything that the platform has kept, PostgreSQL's files elsewhere included. Nothing may be running on it. */
export function resetDataDirectory(root: string): void {
  const elsewhere = locationOf(root)
  if (elsewhere !== undefined) rmSync(elsewhere, { recursive: true, force: true })
  rmSync(root, { recursive: true, force: true })
}

function postgresBase(root: string, asRoot: boolean): string {
  const known = locationOf(root)
  if (known !== undefined) return known
  if (!asRoot || isReachableByOthers(root)) {
    const base = join(root, 'postgres')
    mkdirSync(base, { recursive: true, mode: asRoot ? PASS_THROUGH : PRIVATE })
    return base
  }
  const base = join(ELSEWHERE, createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 16))
  mkdirSync(base, { recursive: true, mode: 0o755 })
  writeFileSync(join(root, 'postgres.location'), `${base}\n`)
  return base
}

/** Where PostgreSQL's files of this folder were put, if not in it; only a place below our own folder is believed. */
function locationOf(root: string): string | undefined {
  const file = join(root, 'postgres.location')
  if (!existsSync(file)) return undefined
  const location = readFileSync(file, 'utf8').trim()
  if (location.startsWith(`${ELSEWHERE}/`) && !location.includes('..')) return location
  throw new StartError(
    `${file} is not what the platform wrote.`,
    'begin anew with npm start -- --reset after deleting it',
  )
}
