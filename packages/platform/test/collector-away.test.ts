import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { inSpan, startTelemetry, type Telemetry } from '../src/index.ts'

const SPANS = 20_000
/** As the queue has it: what is above is dropped. */
const MOST_WAITING = 4_096

/** Takes connections and never answers: the worst that a collector can do. */
let silent: Server
let telemetry: Telemetry
beforeAll(async () => {
  silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo // It listens on TCP.
  const started = startTelemetry('ledger-service', { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` })
  if (started === null) throw new Error('telemetry did not start')
  telemetry = started
})
afterAll(() => void silent.close())

describe('with a collector that does not answer', () => {
  it('work goes on, so many spans wait and no more, and the others are counted', async () => {
    let done = 0
    for (let span = 0; span < SPANS; span += 1) {
      await inSpan({ service: 'ledger-service', name: 'post' }, async () => {
        done += 1
      })
    }
    expect(done).toBe(SPANS)
    const { waiting, dropped, failed } = telemetry.spans
    expect(waiting).toBeLessThanOrEqual(MOST_WAITING)
    expect(dropped).toBeGreaterThan(0)
    expect(waiting + dropped + failed).toBe(SPANS)
  })

  it('the process ends all the same, and what was not taken is counted', async () => {
    await telemetry.stop().catch((error: unknown) => expect(error).toBeInstanceOf(Error)) // Told that nobody took them.
    await vi.waitFor(
      () => {
        const { waiting, dropped, failed } = telemetry.spans
        expect({ waiting, lost: dropped + failed }).toEqual({ waiting: 0, lost: SPANS })
      },
      { timeout: 30_000 },
    )
  })
})
