import { mkdtempSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase } from '@corridor/testing'
import { context, trace } from '@opentelemetry/api'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  contextOf,
  createLogger,
  createPool,
  currentTraceparent,
  inGroupSpan,
  inSpan,
  silentLogger,
  startTelemetry,
  type Telemetry,
} from '../src/index.ts'

/** What arrived at the receiver, as text: OTLP's strings stand in it as they are. */
const received: string[] = []
let receiver: Server
let telemetry: Telemetry

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push(`${request.url} ${Buffer.concat(chunks).toString('latin1')}`)
      response.end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const { port } = receiver.address() as AddressInfo // It listens on TCP.
  const started = startTelemetry('router', { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }, silentLogger)
  if (started === null) throw new Error('telemetry did not start')
  telemetry = started
})
afterAll(() => void receiver.close())

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparentOf = (traceId: string): string => `00-${traceId}-00f067aa0ba902b7-01`

describe('without settings', () => {
  it('nothing is started', () => {
    expect(startTelemetry('router', {}, silentLogger)).toBeNull()
  })

  it('a share that is none is refused', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_TRACES_SAMPLER_ARG: '2' }
    expect(() => startTelemetry('router', env, silentLogger)).toThrow('OTEL_TRACES_SAMPLER_ARG must be from 0 to 1')
  })
})

describe('a span', () => {
  it('goes on with the trace that a header names, and hands it on', async () => {
    const parent = contextOf(traceparentOf(TRACE))
    const handedOn = await inSpan({ service: 'ledger-service', name: 'post', parent }, async () => currentTraceparent())
    expect(handedOn).toMatch(new RegExp(`^00-${TRACE}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`))
  })

  it('is named by the lines of the log that were written in it', async () => {
    const lines: string[] = []
    const logger = createLogger({ service: 'ledger-service', write: (line) => lines.push(line) })
    const { traceId, spanId } = await inSpan({ service: 'ledger-service', name: 'log' }, async (span) => {
      logger.info('in a trace')
      return span.spanContext()
    })
    expect(JSON.parse(lines.join(''))).toMatchObject({ trace_id: traceId, span_id: spanId })
  })

  it('passes on what was thrown', async () => {
    const failing = inSpan({ service: 'ledger-service', name: 'fail' }, async () => {
      throw Object.assign(new Error('the secret of a customer'), { code: 'CONFLICT' })
    })
    await expect(failing).rejects.toThrow('the secret of a customer')
  })

  it('of a group is in the trace of its items when they share one, else linked to each', async () => {
    const traceOf = (traceparents: (string | null)[]) =>
      inGroupSpan({ service: 'outbox-relay', name: 'relay' }, traceparents, async (span) => span.spanContext().traceId)
    const other = 'a'.repeat(32)
    expect(await traceOf([traceparentOf(TRACE), null, traceparentOf(TRACE)])).toBe(TRACE)
    expect([TRACE, other]).not.toContain(await traceOf([traceparentOf(TRACE), traceparentOf(other)]))
    expect(await traceOf([null])).toMatch(/^[0-9a-f]{32}$/)
  })

  it('of a statement says what is done to which table, and no value', async () => {
    const database = await createTestDatabase({ migrationsDirectory: mkdtempSync(join(tmpdir(), 'corridor-none-')) })
    const pool = createPool({ url: database.applicationUrl, service: 'ledger-service' })
    try {
      await inSpan({ service: 'ledger-service', name: 'read' }, async () => {
        await pool.query('select 1 from pg_class where relname = $1', ['a value that nobody may see'])
        await expect(pool.query('select broken')).rejects.toThrow()
      })
      expect(trace.getSpan(context.active())).toBeUndefined()
    } finally {
      await pool.end()
      await database.drop()
    }
  })
})

describe('what arrives at the collector', () => {
  it('has the service of each span, names and codes, and nothing else of what was done', async () => {
    await telemetry.stop()
    await vi.waitFor(() => expect(received.some((text) => text.startsWith('/v1/traces'))).toBe(true), {
      timeout: 30_000,
    })
    const all = received.join('\n')
    for (const told of ['ledger-service', 'outbox-relay', 'select pg_class', 'CONFLICT', '42703'])
      expect(all).toContain(told)
    for (const secret of ['the secret of a customer', 'a value that nobody may see']) expect(all).not.toContain(secret)
    expect(all).toContain('db.client.operation.duration')
  })
})
