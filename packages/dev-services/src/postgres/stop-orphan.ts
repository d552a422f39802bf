import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StartError } from '../start-error.ts'

const WAIT_MS = 10_000
const POLL_MS = 25

/** Stops the server that a killed run left behind on this data directory; its pid file says which, its arguments prove it. */
export async function stopOrphan(dataDirectory: string): Promise<void> {
  const pid = orphanPid(dataDirectory)
  if (pid === null) return
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + WAIT_MS
  while (Date.now() < deadline) {
    if (orphanPid(dataDirectory) === null) return
    await sleep(POLL_MS)
  }
  throw new StartError(
    `A PostgreSQL server of an earlier run (process ${pid}) does not stop.`,
    `stop it with: kill -QUIT ${pid}`,
  )
}

function orphanPid(dataDirectory: string): number | null {
  const pidFile = join(dataDirectory, 'postmaster.pid')
  if (!existsSync(pidFile)) return null
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 1) return null
  return runsOn(pid, dataDirectory) ? pid : null
}

/** Whether that process is alive and serves this very directory: a pid may have been given to another program since. */
function runsOn(pid: number, dataDirectory: string): boolean {
  try {
    process.kill(pid, 0)
    const commandLine = `/proc/${pid}/cmdline`
    return !existsSync(commandLine) || readFileSync(commandLine, 'utf8').split('\0').includes(dataDirectory)
  } catch {
    // There is no such process, or it is not ours to signal, and then not ours at all.
    return false
  }
}
