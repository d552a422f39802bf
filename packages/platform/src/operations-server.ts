import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { checkProcess, type PartState, type State } from './health.ts'
import { prometheusText } from './metrics/prometheus.ts'
import { readAll } from './metrics/readers.ts'
import { allMetrics } from './metrics/registry.ts'
import { Histogram } from './metrics/series.ts'

/** A value that operators look at first. */
export interface Figure {
  readonly name: string
  readonly unit: string
  readonly attributes: Readonly<Record<string, string>>
  readonly value: number
}

/** What a process says of itself and of the parts in it. */
export interface ProcessReport {
  readonly service: string
  readonly parts: readonly PartState[]
  readonly figures: readonly Figure[]
}

export interface OperationsServer {
  readonly port: number
  close(): Promise<void>
}

const DOWN = 503
const OK = 200

/** Whether a process works: the worst of its parts. */
export const worstOf = (states: readonly State[]): State =>
  states.includes('down') ? 'down' : states.includes('degraded') ? 'degraded' : 'up'

/** Everything that is known in this process, asked now. */
export async function reportOf(service: string): Promise<ProcessReport> {
  const [parts] = await Promise.all([checkProcess(service), readAll()])
  const figures = allMetrics()
    .filter(({ options }) => options.inStatus)
    .flatMap((metric) =>
      [...metric.all()].flatMap(({ attributes, series }) => {
        const { name, unit } = metric.options
        return series instanceof Histogram ? [] : [{ name, unit, attributes, value: series.value }]
      }),
    )
  return { service, parts, figures }
}

/**
 * What operators and their programs ask of a process, for the inside of the platform alone: GET /health (it answers),
 * /ready (503 when something that it needs is down), /status (the same with figures), /metrics (Prometheus).
 */
export async function serveOperations(options: {
  readonly service: string
  readonly port: number
  readonly host?: string
}): Promise<OperationsServer> {
  const { service, port, host = '127.0.0.1' } = options
  const answers: Readonly<Record<string, (response: ServerResponse) => Promise<void> | void>> = {
    '/health': (response) => json(response, OK, { status: 'ok', service }),
    '/ready': async (response) => {
      const parts = await checkProcess(service)
      const state = worstOf(parts.map((part) => part.state))
      json(response, state === 'down' ? DOWN : OK, { status: state, parts })
    },
    '/status': async (response) => json(response, OK, await reportOf(service)),
    '/metrics': async (response) => {
      await readAll()
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      response.end(prometheusText(service))
    },
  }
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    const answer = request.method === 'GET' ? answers[path] : undefined
    if (!answer) return json(response, 404, { error: 'There is nothing here.' })
    Promise.resolve(answer(response)).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port, // A TCP server's address is never a path.
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(value))
}
