import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePort } from '@corridor/dev-services'
import type { TestProject } from 'vitest/node'
import { startDynamoLocal } from './start-dynamo-local.ts'
import { type KafkaLogin, startKafka } from './start-kafka.ts'
import { startRedis } from './start-redis.ts'

declare module 'vitest' {
  interface ProvidedContext {
    kafkaBrokers: string[]
    kafkaLogin: KafkaLogin
    redisUrl: string
    dynamoEndpoint: string
  }
}

/** A real Kafka, a real Redis and DynamoDB Local for the whole run, in a folder of their own that is removed afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'corridor-services-'))
  const stops: (() => Promise<void>)[] = []
  const teardown = async (): Promise<void> => {
    await Promise.all(stops.map((stop) => stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const redis = await startRedis({ folder, port: await freePort() })
    stops.push(redis.stop)
    const kafka = await startKafka({
      folder,
      pomFile: resolve('tools/services/pom.xml'),
      port: await freePort(),
    })
    stops.push(kafka.stop)
    const dynamo = await startDynamoLocal({
      folder,
      pomFile: resolve('tools/services/dynamodb/pom.xml'),
      port: await freePort(),
    })
    stops.push(dynamo.stop)
    project.provide('dynamoEndpoint', dynamo.endpoint)
    project.provide('redisUrl', redis.url)
    project.provide('kafkaBrokers', kafka.brokers)
    project.provide('kafkaLogin', kafka.login)
    return teardown
  } catch (error) {
    await teardown()
    throw error
  }
}
