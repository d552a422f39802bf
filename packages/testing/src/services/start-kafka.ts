import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@corridor/dev-services'
import { Kafka, logLevel } from 'kafkajs'
import { fetchJars, runToEnd } from './fetch-jars.ts'
import { type StartedProgram, startProgram } from './started-program.ts'

/** One per broker, which is a cluster of its own; a folder that carries it already is used as it is. */
const CLUSTER_ID = Buffer.from('corridor-cluster').toString('base64url')

/** Where clients must show who they are, and somebody whom the broker knows. */
export interface KafkaLogin {
  readonly brokers: string[]
  readonly username: string
  readonly password: string
}
const USER = { username: 'corridor', password: 'for-these-tests-alone' }

/**
 * A real Apache Kafka: one broker that is its own controller (KRaft), on loopback, its data in `folder`, kept from an
 * earlier run if it is there. The jars are those of `pomFile`, fetched by Maven; needs `mvn` and a Java of 17 or newer.
 */
export async function startKafka({
  folder,
  pomFile,
  port,
}: {
  folder: string
  pomFile: string
  port: number
}): Promise<StartedProgram & { brokers: string[]; login: KafkaLogin }> {
  const jars = fetchJars(folder, pomFile)
  const loginPort = await freePort()
  const properties = join(folder, 'server.properties')
  writeFileSync(
    properties,
    propertiesOf({ port, controllerPort: await freePort(), loginPort, data: join(folder, 'data') }),
  )
  const java = ['-cp', join(jars, '*')]
  runToEnd('java', [...java, 'kafka.tools.StorageTool', 'format', '-g', '-t', CLUSTER_ID, '-c', properties])
  const broker = `127.0.0.1:${port}`
  const started = await startProgram({
    program: 'java',
    args: ['-Xmx512m', ...java, 'kafka.Kafka', properties],
    folder,
    logFile: join(folder, 'kafka.log'),
    isReady: () => hasController(broker),
  })
  return { ...started, brokers: [broker], login: { brokers: [`127.0.0.1:${loginPort}`], ...USER } }
}

function propertiesOf({
  port,
  controllerPort,
  loginPort,
  data,
}: {
  port: number
  controllerPort: number
  loginPort: number
  data: string
}): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},LOGIN://127.0.0.1:${loginPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},LOGIN://127.0.0.1:${loginPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,LOGIN:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.login.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER.username}="${USER.password}";`,
    'log.dirs': data,
    'offsets.topic.num.partitions': 3,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 3,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Topics are made by those who need them, with stated partitions, or the test must fail.
    'auto.create.topics.enable': false,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** Whether clients can make topics: the broker has found its controller, which is itself. */
async function hasController(broker: string): Promise<boolean> {
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 0 } })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { controller } = await admin.describeCluster()
    return controller !== null
  } finally {
    await admin.disconnect()
  }
}
