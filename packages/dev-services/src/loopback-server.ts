import type { Server } from 'node:http'
import { assertPortFree } from './ports.ts'
import { StartError } from './start-error.ts'

/** Opens the server's port to this machine alone. @throws StartError when it cannot be had. */
export async function listenOnLoopback(server: Server, port: number, what: string): Promise<void> {
  await assertPortFree(port, what)
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error) => {
      reject(new StartError(`Port ${port}, which ${what} needs, was taken meanwhile.`, 'start again', { cause }))
    }
    server.once('error', fail)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail)
      resolve()
    })
  })
}

const CLOSE_TIMEOUT_MS = 2000

/** Takes no more requests, answers what is being answered, and cuts what takes too long. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
  })
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS)
  await closed.finally(() => clearTimeout(timer))
}
