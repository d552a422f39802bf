import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { StartError } from './start-error.ts'

/** Refuses a port that another program has, before anything is started on it. */
export async function assertPortFree(port: number, what: string): Promise<void> {
  const error = await tryPort(port)
  if (error === null) return
  throw new StartError(
    `Port ${port}, which ${what} needs, ${error.code === 'EADDRINUSE' ? 'is taken by another program' : 'cannot be opened'}.`,
    `stop that program (for example: lsof -i :${port}), or move the platform with PLATFORM_PORT_OFFSET=1000`,
    { cause: error },
  )
}

/** Below those that Linux (from 32768), macOS and Windows (from 49152) give to whoever connects. */
const LISTENING = { from: 10_000, to: 20_000 }
const MAX_TRIES = 100
/** Nobody listens at once on a port that he asked for. */
const given = new Set<number>()

/**
 * A port that nobody has at this moment, and another one each time. It is none of those that the system gives to outgoing
 * connections: between now and the moment when it is listened on, and while whoever listens there is restarted, one of them
 * would take it.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = randomInt(LISTENING.from, LISTENING.to)
    if (given.has(port)) continue
    given.add(port)
    if ((await tryPort(port)) === null) return port
  }
  throw new Error(`none of ${MAX_TRIES} ports between ${LISTENING.from} and ${LISTENING.to} is free`)
}

/** Listens there for a moment; what was wrong, or null. */
const tryPort = (port: number): Promise<NodeJS.ErrnoException | null> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', resolve)
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(null)))
  })
