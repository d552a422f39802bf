import { createServer } from 'node:net'
import { StartError } from './start-error.ts'

/** Refuses a port that another program has, before anything is started on it. */
export async function assertPortFree(port: number, what: string): Promise<void> {
  const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    const probe = createServer()
    probe.once('error', resolve)
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(null)))
  })
  if (error === null) return
  throw new StartError(
    `Port ${port}, which ${what} needs, ${error.code === 'EADDRINUSE' ? 'is taken by another program' : 'cannot be opened'}.`,
    `stop that program (for example: lsof -i :${port}), or move the platform with PLATFORM_PORT_OFFSET=1000`,
    { cause: error },
  )
}

/** A port that nobody has at this moment. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
