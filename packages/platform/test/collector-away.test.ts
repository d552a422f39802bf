import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createLogger, inSpan, startTelemetry, type Telemetry } from '../src/index.ts'

const SPANS = 20_000
const PROCESS = `
  import { inSpan, runMain } from '@corridor/platform'
  await runMain('mailer', () => inSpan({ service: 'mailer', name: 'start' }, async () => undefined))
`
/** As the queue has it: what is above is dropped. */
const MOST_WAITING = 4_096

/** Takes connections and never answers: the worst that a collector can do. */
let silent: Server
let url: string
let telemetry: Telemetry
const lines: string[] = []
beforeAll(async () => {
  silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo // It listens on TCP.
  url = `http://127.0.0.1:${port}`
  const logger = createLogger({ service: 'ledger-service', write: (line) => lines.push(line) })
  const started = startTelemetry('ledger-service', { OTEL_EXPORTER_OTLP_ENDPOINT: url }, logger)
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

  it('it stops all the same, and what was not taken is told and counted', async () => {
    await telemetry.stop()
    expect(lines.join('')).toContain('what was left of traces and metrics was not taken')
    await vi.waitFor(
      () => {
        const { waiting, dropped, failed } = telemetry.spans
        expect({ waiting, lost: dropped + failed }).toEqual({ waiting: 0, lost: SPANS })
      },
      { timeout: 60_000 },
    )
  })

  it('a process ends as if it were there', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', PROCESS], {
      cwd: import.meta.dirname,
      env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: url },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    child.once('message', () => child.kill('SIGTERM')) // It has started.
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
