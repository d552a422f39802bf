import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { StartError } from '../start-error.ts'

/** The account a server program runs as. */
export interface RuntimeUser {
  readonly uid: number
  readonly gid: number
}

const PREFERRED = ['postgres', 'nobody']
const OTHERS_MAY_ENTER = 0o001

/** PostgreSQL refuses to run as root: then it runs as `postgres`, or `nobody` where there is none. Else as ourselves. */
export function runtimeUser(): RuntimeUser | null {
  if (process.getuid?.() !== 0) return null
  const accounts = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of PREFERRED) {
    const [, , uid, gid] = accounts.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new StartError(
    'PostgreSQL refuses to run as root, and this machine has no account "postgres" or "nobody".',
    'start as an ordinary user, or set DATABASE_URL to a server of your own',
  )
}

/** Whether somebody else may walk to `path`: a home directory that only its owner may enter is in nobody else's reach. */
export function isReachableByOthers(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & OTHERS_MAY_ENTER) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
