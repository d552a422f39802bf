import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { assertPortFree } from '@corridor/dev-services'
import { startKafka } from './start-kafka.ts'
import { startRedis } from './start-redis.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
/** Beside the data folder, which `npm start -- --reset` empties. */
const FOLDER = `${ROOT}.tools/services`
const PORTS = { redis: 6379, kafka: 9092 }

/** `npm run services`: a Redis and a Kafka for `npm start -- --processes`, on a machine without Docker, until a signal. */
async function main(): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
  })
  await assertPortFree(PORTS.redis, 'Redis')
  await assertPortFree(PORTS.kafka, 'Kafka')
  mkdirSync(FOLDER, { recursive: true })
  const redis = await startRedis({ folder: FOLDER, port: PORTS.redis })
  try {
    const kafka = await startKafka({ folder: FOLDER, pomFile: `${ROOT}tools/services/pom.xml`, port: PORTS.kafka })
    process.stdout.write(`export REDIS_URL=${redis.url} KAFKA_BROKERS=${kafka.brokers.join(',')}\n`)
    await ended.then(() => kafka.stop())
  } finally {
    await redis.stop()
  }
}

try {
  await main()
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException // What starting a program throws.
  const needs = 'needs redis-server, mvn and a Java of 17 or newer, as Debian has them'
  process.stderr.write(`${code === 'ENOENT' ? `${message}: it ${needs}` : message}\n`)
  process.exitCode = 1
}
