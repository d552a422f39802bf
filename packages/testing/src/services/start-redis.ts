import { join } from 'node:path'
import { assertPortFree } from '@corridor/dev-services'
import { Redis } from 'ioredis'
import { type StartedProgram, startProgram } from './started-program.ts'

/** A real Redis on loopback that keeps nothing on disk. `redis-server` must be installed: Debian has it in that package. */
export async function startRedis({
  folder,
  port,
}: {
  folder: string
  port: number
}): Promise<StartedProgram & { url: string }> {
  const url = `redis://127.0.0.1:${port}`
  await assertPortFree(port, 'Redis')
  const started = await startProgram({
    program: 'redis-server',
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    folder,
    logFile: join(folder, 'redis.log'),
    isReady: () => answersPing(url),
  })
  return { ...started, url }
}

async function answersPing(url: string): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  // The attempt itself rejects with what went wrong.
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return (await redis.ping()) === 'PONG'
  } finally {
    redis.disconnect()
  }
}
