import { gauge, inSpan, prometheusText, silentLogger, startTelemetry } from '@corridor/platform'
import { ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { buildCollector, type RunningCollector, startCollector } from './built-collector.ts'
import { type JaegerStandIn, startJaegerStandIn } from './jaeger-stand-in.ts'

const WAIT = { timeout: 60_000, interval: 200 }
const FAILED = 30
const SLOW = 30
const ORDINARY = 400
const SERVICE = 'ledger-service'
const SLOW_MS = 1_200

const pressure = gauge({ name: 'corridor.test.pressure', unit: 'By', description: 'Of this test.' })
let jaeger: JaegerStandIn
let collector: RunningCollector
const sent = { failed: [] as string[], slow: [] as string[], ordinary: [] as string[] }

/** A trace of a request and what it does in the database; where `fail` says so, the latter fails. */
function request(fail: boolean): Promise<string> {
  return inSpan({ service: SERVICE, name: 'request', parent: ROOT_CONTEXT }, async (span) => {
    const statement = inSpan({ service: SERVICE, name: 'statement' }, async () => {
      if (fail) throw new Error('refused')
    })
    await statement.catch(() => undefined) // The request goes on without it.
    return span.spanContext().traceId
  })
}

function slowRequest(): SpanContext {
  const span = trace.getTracer(SERVICE).startSpan('request', { startTime: Date.now() - SLOW_MS }, ROOT_CONTEXT)
  span.end()
  return span.spanContext()
}

beforeAll(async () => {
  buildCollector()
  jaeger = await startJaegerStandIn()
  collector = await startCollector(jaeger.address)
  pressure.of({}).set(1)
  const telemetry = startTelemetry('platform', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, silentLogger)
  for (let count = 0; count < FAILED; count += 1) sent.failed.push(await request(true))
  for (let count = 0; count < SLOW; count += 1) sent.slow.push(slowRequest().traceId)
  for (let count = 0; count < ORDINARY; count += 1) sent.ordinary.push(await request(false))
  await telemetry?.stop()
})
afterAll(async () => {
  await collector?.stop()
  jaeger?.close()
})

const arrived = (traceIds: readonly string[]): number => {
  const known = new Set(jaeger.spans.map(({ traceId }) => traceId))
  return traceIds.filter((traceId) => known.has(traceId)).length
}

describe('the collector on otel/collector.yaml', () => {
  it('keeps every trace with an error, and every slow one', async () => {
    await vi.waitFor(
      () => expect({ failed: arrived(sent.failed), slow: arrived(sent.slow) }).toEqual({ failed: FAILED, slow: SLOW }),
      WAIT,
    )
  })

  it('keeps a share of the others, which were judged by the same decision', () => {
    expect(arrived(sent.ordinary)).toBeGreaterThan(0)
    expect(arrived(sent.ordinary)).toBeLessThan(ORDINARY / 2)
  })

  it('keeps what is of a trace together, each span with its service', () => {
    const [traceId] = sent.failed
    const spans = jaeger.spans.filter((span) => span.traceId === traceId)
    expect(spans.map(({ service, name }) => `${service}: ${name}`).sort()).toEqual([
      `${SERVICE}: request`,
      `${SERVICE}: statement`,
    ])
  })

  it('gives Prometheus the metrics under the names that our own endpoint has', async () => {
    const text = await (await fetch(collector.metricsUrl)).text()
    const ours = [...prometheusText('platform').matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    expect(ours).toContain('corridor_test_pressure_bytes')
    for (const name of ours) expect(text).toContain(`# TYPE ${name} `)
    expect(text).toMatch(/corridor_test_pressure_bytes\{[^}]*service_name="platform"[^}]*\} 1/)
  })
})
