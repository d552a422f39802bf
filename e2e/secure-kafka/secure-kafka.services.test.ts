import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from '@corridor/certs'
import {
  type DeliveredEvent,
  type EventBus,
  type KafkaConnection,
  kafkaBus,
  readKafkaConnection,
} from '@corridor/events'
import { silentLogger, uuidv7 } from '@corridor/platform'
import { freePort, startTestKafka, type TestKafka } from '@corridor/testing'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'

const WAIT = { timeout: 60_000, interval: 50 }

let folder: string
let kafka: TestKafka
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corridor-secure-kafka-'))
  const parties = [{ name: 'kafka', hosts: ['localhost'], keystore: false }]
  for (const authority of ['ours', 'theirs']) generate({ folder: join(folder, authority), now: new Date(), parties })
  const read = (file: string): string => readFileSync(join(folder, 'ours', file), 'utf8')
  const tls = { certificate: read('kafka.pem'), key: read('kafka.key') }
  kafka = await startTestKafka({ folder, port: await freePort(), tls })
})
afterAll(async () => {
  await kafka?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** As a process is told of it. */
function connection({ trusts = 'ours', ...changed }: { trusts?: string } & Record<string, string>): KafkaConnection {
  const login = kafka.secureLogin
  if (login === null) throw new Error('the broker has a certificate')
  return readKafkaConnection({
    KAFKA_BROKERS: login.brokers.join(','),
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA_FILE: join(folder, trusts, 'ca.pem'),
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: login.username,
    KAFKA_SASL_PASSWORD: login.password,
    ...changed,
  })
}

function opened(of: KafkaConnection): EventBus {
  const bus = kafkaBus({ ...of, clientId: 'secure', logger: silentLogger })
  onTestFinished(() => bus.close())
  return bus
}

const event = (): DeliveredEvent => ({
  id: uuidv7(),
  topic: 'payment.events',
  key: uuidv7(),
  type: 'payment.completed',
  data: { amountMinor: '5' },
  occurredAt: new Date('2026-11-02T12:00:00.123Z'),
  traceparent: null,
})

it('carries events over TLS for a user who proves himself by SCRAM, and checks whom it talks to', async () => {
  const bus = opened(connection({}))
  const seen: DeliveredEvent[] = []
  await bus.subscribe({ name: 'reader', topics: ['payment.events'], handle: async (told) => void seen.push(told) })
  const told = event()
  expect(await bus.publish([told])).toEqual([])
  await vi.waitFor(() => expect(seen).toEqual([told]), WAIT)
})

it.each([
  { who: 'a user with a wrong password', changed: { KAFKA_SASL_PASSWORD: 'wrong' }, refusal: /authentication failed/i },
  {
    who: 'a broker of another authority',
    changed: { trusts: 'theirs' },
    refusal: /self.signed certificate|unable to verify/i,
  },
  {
    who: 'a client without TLS',
    changed: { KAFKA_TLS: 'false', KAFKA_TLS_CA_FILE: '' },
    refusal: /closed|ECONNRESET|disconnect|timed out/i,
  },
])('sends nothing for $who', async ({ changed, refusal }) => {
  await expect(opened(connection(changed)).publish([event()])).rejects.toThrow(refusal)
})
