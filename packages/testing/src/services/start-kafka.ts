import { writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { freePort } from '@corridor/dev-services'
import { Kafka, logLevel } from 'kafkajs'
import { fetchJars, runToEnd } from './fetch-jars.ts'
import { type StartedProgram, startProgram } from './started-program.ts'

/** One per cluster that is started; a folder that carries it already is used as it is. */
const CLUSTER_ID = Buffer.from('corridor-cluster').toString('base64url')

/** Where clients must show who they are, and somebody whom the broker knows. */
export interface KafkaLogin {
  readonly brokers: string[]
  readonly username: string
  readonly password: string
}
const USER = { username: 'corridor', password: 'for-these-tests-alone' }

/** What a broker shows to its clients: a certificate for `localhost` and its key, PEM, the key in PKCS #8. */
export interface BrokerCertificate {
  readonly certificate: string
  readonly key: string
}

export type StartedKafka = StartedProgram & {
  readonly brokers: string[]
  /** By SASL PLAIN, without TLS. */
  readonly login: KafkaLogin
  /** By SASL SCRAM-SHA-512 and TLS, when there is a certificate. */
  readonly secureLogin: KafkaLogin | null
}

type Settings = Readonly<Record<string, string | number | boolean>>

/**
 * A real Apache Kafka: one broker that is its own controller (KRaft), on loopback, its data in `folder`, kept from an
 * earlier run if it is there. The jars are those of `pomFile`, fetched by Maven; needs `mvn` and a Java of 17 or newer.
 */
export async function startKafka({
  folder,
  pomFile,
  port,
  tls,
}: {
  folder: string
  pomFile: string
  port: number
  tls?: BrokerCertificate
}): Promise<StartedKafka> {
  const [controllerPort, loginPort, securePort] = [await freePort(), await freePort(), await freePort()]
  const broker = `127.0.0.1:${port}`
  const clients = `PLAINTEXT://${broker},LOGIN://127.0.0.1:${loginPort}${tls ? `,SECURE://localhost:${securePort}` : ''}`
  const started = await startNode({
    jars: fetchJars(folder, pomFile),
    folder,
    name: 'kafka',
    settings: {
      ...COMMON,
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      listeners: `${clients},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': clients,
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.login.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER.username}="${USER.password}";`,
      'log.dirs': join(folder, 'data'),
      ...replicated(1),
      ...(tls ? secureSettings(folder, tls) : {}),
    },
    isReady: () => hasController(broker),
  })
  return {
    ...started,
    brokers: [broker],
    login: { brokers: [`127.0.0.1:${loginPort}`], ...USER },
    secureLogin: tls ? { brokers: [`localhost:${securePort}`], ...USER } : null,
  }
}

export interface KafkaCluster {
  readonly controller: StartedProgram
  readonly brokers: readonly string[]
  /** Starts a broker, or starts it again on what it kept. */
  startBroker(index: number): Promise<StartedProgram>
}

/** Two brokers that copy each other's partitions, and a controller beside them that outlives both. */
export async function startKafkaCluster({
  folder,
  pomFile,
  ports: [controllerPort, ...ports],
}: {
  folder: string
  pomFile: string
  ports: readonly [number, number, number]
}): Promise<KafkaCluster> {
  const jars = fetchJars(folder, pomFile)
  const quorum = { ...COMMON, 'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`, ...replicated(ports.length) }
  const brokers = ports.map((port) => `127.0.0.1:${port}`)
  const controller = await startNode({
    jars,
    folder,
    name: 'controller',
    settings: {
      ...quorum,
      'process.roles': 'controller',
      'node.id': 1,
      listeners: `CONTROLLER://127.0.0.1:${controllerPort}`,
      'log.dirs': join(folder, 'data-controller'),
    },
    isReady: () => isOpen(controllerPort),
  })
  return {
    controller,
    brokers,
    startBroker: (index) =>
      startNode({
        jars,
        folder,
        name: `broker-${index}`,
        settings: {
          ...quorum,
          'process.roles': 'broker',
          'node.id': index + 2,
          listeners: `PLAINTEXT://${brokers[index]}`,
          'log.dirs': join(folder, `data-${index}`),
        },
        isReady: () => hasController(brokers[index] ?? ''),
      }),
  }
}

const COMMON: Settings = {
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,LOGIN:SASL_PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
  'inter.broker.listener.name': 'PLAINTEXT',
  'group.initial.rebalance.delay.ms': 0,
  // Topics are made by those who need them, with stated partitions, or the test must fail.
  'auto.create.topics.enable': false,
}

/** How the broker keeps what is its own. */
const replicated = (copies: number): Settings => ({
  'offsets.topic.num.partitions': 3,
  'offsets.topic.replication.factor': copies,
  'transaction.state.log.num.partitions': 3,
  'transaction.state.log.replication.factor': copies,
  'transaction.state.log.min.isr': 1,
})

function secureSettings(folder: string, { certificate, key }: BrokerCertificate): Settings {
  const store = join(folder, 'broker.pem')
  writeFileSync(store, `${key}\n${certificate}`, { mode: 0o600 })
  return {
    'listener.name.secure.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.secure.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': store,
  }
}

/** One process of a cluster, with its settings and its log under its name. */
async function startNode(node: {
  jars: string
  folder: string
  name: string
  settings: Settings
  isReady: () => Promise<boolean>
}): Promise<StartedProgram> {
  const { jars, folder, name, settings, isReady } = node
  const properties = join(folder, `${name}.properties`)
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(properties, lines.join(''))
  const java = ['-cp', join(jars, '*')]
  const user = `SCRAM-SHA-512=[name=${USER.username},password=${USER.password}]`
  const format = ['kafka.tools.StorageTool', 'format', '-g', '-t', CLUSTER_ID, '-c', properties, '--add-scram', user]
  runToEnd('java', [...java, ...format])
  return await startProgram({
    program: 'java',
    args: ['-Xmx512m', ...java, 'kafka.Kafka', properties],
    folder,
    logFile: join(folder, `${name}.log`),
    isReady,
  })
}

/** Whether clients can make topics: the broker has found its controller. */
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

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
