import { resolve } from 'node:path'
import type { BrokerCertificate, KafkaCluster, StartedKafka } from './services/start-kafka.ts'
import type { StartedProgram } from './services/started-program.ts'

export type TestKafka = StartedKafka
export type TestRedis = StartedProgram & { readonly url: string }

/** A real Kafka on that port; what an earlier one left in the folder is there again. From the root of the project. */
export async function startTestKafka(input: {
  folder: string
  port: number
  tls?: BrokerCertificate
}): Promise<TestKafka> {
  // Loaded by the tests that need it, as is the next: their clients take time to load, and most tests use none.
  const { startKafka } = await import('./services/start-kafka.ts')
  return await startKafka({ ...input, pomFile: resolve('tools/services/pom.xml') })
}

/** A controller on the first port and, once they are started, two brokers on the others. */
export async function startTestKafkaCluster(input: {
  folder: string
  ports: readonly [number, number, number]
}): Promise<KafkaCluster> {
  const { startKafkaCluster } = await import('./services/start-kafka.ts')
  return await startKafkaCluster({ ...input, pomFile: resolve('tools/services/pom.xml') })
}

/** A real Redis on that port, empty. */
export async function startTestRedis(input: { folder: string; port: number }): Promise<TestRedis> {
  const { startRedis } = await import('./services/start-redis.ts')
  return await startRedis(input)
}

/** A real DynamoDB Local on that port, empty. */
export async function startTestDynamoLocal(input: {
  folder: string
  port: number
}): Promise<StartedProgram & { readonly endpoint: string }> {
  const { startDynamoLocal } = await import('./services/start-dynamo-local.ts')
  return await startDynamoLocal({ ...input, pomFile: resolve('tools/services/dynamodb/pom.xml') })
}
