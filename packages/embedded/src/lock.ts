import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { StartError } from '@corridor/dev-services'
import type { DataDirectory } from './data-directory.ts'

/** Held for as long as the process lives: the system gives it up with the process, however that ends. */
export interface PlatformLock {
  release(): Promise<void>
}

/**
 * Keeps a second platform from the same data folder, by a local socket whose name is the folder's.
 *
 * @throws StartError when another process has it.
 */
export async function lockDataDirectory({ root, run }: DataDirectory): Promise<PlatformLock> {
  const name = createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 32)
  const pidFile = join(run, 'platform.pid')
  // Linux knows sockets without a file, which cannot be left behind; elsewhere a file that nobody answers at is removed.
  const path = platform() === 'linux' ? `\0corridor-${name}` : join(tmpdir(), `corridor-${name}.sock`)
  if (platform() !== 'linux' && existsSync(path) && !(await answers(path))) rmSync(path, { force: true })
  const server = await listen(path)
  if (server === null) throw alreadyRunning(root, pidFile)
  writeFileSync(pidFile, `${process.pid}\n`)
  return {
    async release() {
      rmSync(pidFile, { force: true })
      await new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))
    },
  }
}

function alreadyRunning(root: string, pidFile: string): StartError {
  const pid = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').trim() : ''
  const who = /^\d+$/.test(pid) ? ` (process ${pid})` : ''
  return new StartError(
    `The platform is already running on ${root}${who}.`,
    `use it, stop it${who === '' ? '' : ` with: kill ${pid}`}, or name another data folder with DATA_DIR`,
  )
}

/** The listening socket, or null when somebody has that name. */
async function listen(path: string): Promise<Server | null> {
  const server = createServer((socket) => socket.destroy())
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    )
    server.listen(path, () => {
      server.unref()
      resolve(server)
    })
  })
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
