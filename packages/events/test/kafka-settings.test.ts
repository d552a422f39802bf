import { ConfigError } from '@corridor/platform'
import { describe, expect, it } from 'vitest'
import { type KafkaConnection, kafkaEnvironment, readKafkaConnection } from '../src/index.ts'

describe('the settings of Kafka', () => {
  it('are plain and without a user unless said', () => {
    expect(readKafkaConnection({ KAFKA_BROKERS: 'one:9092, two:9093' })).toEqual({
      brokers: ['one:9092', 'two:9093'],
      tls: false,
      prefix: '',
      replicationFactor: 1,
    })
  })

  it('reach another process as they are', () => {
    const connection: KafkaConnection = {
      brokers: ['one:9092', 'two:9093'],
      tls: true,
      caFile: '/etc/corridor/ca.pem',
      credentials: { mechanism: 'scram-sha-512', username: 'corridor', password: 'pa,ss: word' },
      prefix: 'blue.',
      replicationFactor: 3,
    }
    expect(readKafkaConnection(kafkaEnvironment(connection))).toEqual(connection)
  })

  it.each(['', 'one', 'one:9092,', 'one:port', 'kafka://one:9092'])('refuse "%s" as brokers', (brokers) => {
    expect(() => readKafkaConnection({ KAFKA_BROKERS: brokers })).toThrow(/KAFKA_BROKERS/)
  })

  it('refuse authorities for a connection without TLS', () => {
    const env = { KAFKA_BROKERS: 'one:9092', KAFKA_TLS_CA_FILE: 'ca.pem' }
    expect(() => readKafkaConnection(env)).toThrow(/KAFKA_TLS must be true/)
  })

  it('refuse a mechanism without user and password, and show neither', () => {
    const env = { KAFKA_BROKERS: 'one:9092', KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_PASSWORD: 'secret' }
    expect(() => readKafkaConnection(env)).toThrow(ConfigError)
    expect(() => readKafkaConnection(env)).toThrow(/^(?!.*secret).*KAFKA_SASL_USERNAME/s)
  })
})
