import { ConfigError, readConfig, type Setting, setting } from '@corridor/platform'

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

/** A user of the cluster's (RFC 4616, RFC 5802). */
export interface KafkaCredentials {
  readonly mechanism: (typeof MECHANISMS)[number]
  readonly username: string
  readonly password: string
}

/** How to reach the cluster: what all processes that send or read events have in common. */
export interface KafkaConnection {
  /** Where to find the cluster: `host:port`, one or more. */
  readonly brokers: readonly string[]
  /** TLS with the certificate authorities that Node trusts, or with `caFile`'s. Off unless said. */
  readonly tls?: boolean
  /** PEM, read when the cluster is first reached: the authorities to trust in place of Node's. */
  readonly caFile?: string
  readonly credentials?: KafkaCredentials
  /** Copies of each partition that is made here; never more than there are brokers. One unless said. */
  readonly replicationFactor?: number
  /** Stands before the name of every topic and group, so that platforms can share a cluster. Empty unless said. */
  readonly prefix?: string
}

type Environment = Readonly<Record<string, string | undefined>>

const MAX_REPLICATION_FACTOR = 9
const BROKER = /^[^\s:,]+:\d{1,5}$/

const brokerList: Setting<readonly string[]> = {
  parse: (text) => {
    const named = text.split(',').map((item) => item.trim())
    return named.every((item) => BROKER.test(item)) ? named : undefined
  },
  expects: 'host:port, or several separated by commas',
}

/**
 * @throws ConfigError listing every bad name of the `KAFKA_` variables; a SASL mechanism needs its user and password, and a
 * file of authorities is for TLS.
 */
export function readKafkaConnection(env: Environment): KafkaConnection {
  const { KAFKA_BROKERS, KAFKA_TLS, KAFKA_TLS_CA_FILE, ...others } = readConfig(env, {
    KAFKA_BROKERS: brokerList,
    KAFKA_TLS: setting.flag(false),
    KAFKA_TLS_CA_FILE: setting.optional(setting.text()),
    KAFKA_TOPIC_PREFIX: setting.text(''),
    KAFKA_REPLICATION_FACTOR: setting.integer(1, MAX_REPLICATION_FACTOR),
    KAFKA_SASL_MECHANISM: setting.optional(setting.oneOf(MECHANISMS)),
    KAFKA_SASL_USERNAME: setting.optional(setting.text()),
    KAFKA_SASL_PASSWORD: setting.optional(setting.text()),
  })
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = others
  if (KAFKA_TLS_CA_FILE !== undefined && !KAFKA_TLS) {
    throw new ConfigError(['KAFKA_TLS_CA_FILE is set; KAFKA_TLS must be true too'])
  }
  const connection = {
    brokers: KAFKA_BROKERS,
    tls: KAFKA_TLS,
    ...(KAFKA_TLS_CA_FILE === undefined ? {} : { caFile: KAFKA_TLS_CA_FILE }),
    prefix: others.KAFKA_TOPIC_PREFIX,
    replicationFactor: others.KAFKA_REPLICATION_FACTOR,
  }
  if (mechanism === undefined) return connection
  if (username === undefined || password === undefined) {
    throw new ConfigError(['KAFKA_SASL_MECHANISM is set; KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be set too'])
  }
  return { ...connection, credentials: { mechanism, username, password } }
}

/** The variables that `readKafkaConnection` reads as this connection, for a process that is started from here. */
export function kafkaEnvironment(connection: KafkaConnection): Record<string, string> {
  const { brokers, tls, caFile, credentials, prefix, replicationFactor } = connection
  return {
    KAFKA_BROKERS: brokers.join(','),
    ...(tls === undefined ? {} : { KAFKA_TLS: String(tls) }),
    ...(caFile === undefined ? {} : { KAFKA_TLS_CA_FILE: caFile }),
    ...(prefix === undefined ? {} : { KAFKA_TOPIC_PREFIX: prefix }),
    ...(replicationFactor === undefined ? {} : { KAFKA_REPLICATION_FACTOR: String(replicationFactor) }),
    ...(credentials === undefined
      ? {}
      : {
          KAFKA_SASL_MECHANISM: credentials.mechanism,
          KAFKA_SASL_USERNAME: credentials.username,
          KAFKA_SASL_PASSWORD: credentials.password,
        }),
  }
}
