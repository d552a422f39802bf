import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { vi } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const BINARY = join(ROOT, '.tools/otel-collector/collector')
const WAIT = { timeout: 60_000, interval: 100 }

/** OpenTelemetry's collector on `otel/collector.yaml`, of which only addresses are changed. */
export interface RunningCollector {
  /** OTLP over HTTP. */
  readonly url: string
  /** What Prometheus reads. */
  readonly metricsUrl: string
  stop(): Promise<void>
}

/** Builds the collector with Go's own client, and its cache: minutes the first time, seconds then. */
export function buildCollector(): void {
  mkdirSync(join(BINARY, '..'), { recursive: true })
  const args = ['build', '-trimpath', '-o', BINARY, '.']
  execFileSync('go', args, { cwd: join(ROOT, 'otel/collector'), stdio: 'inherit' })
}

/** @param jaeger host and port of what takes its traces */
export async function startCollector(jaeger: string): Promise<RunningCollector> {
  const [grpc, http, prometheus, health] = (await freePorts(4)).map((port) => `127.0.0.1:${port}`)
  const settings = {
    'receivers::otlp::protocols::grpc::endpoint': grpc,
    'receivers::otlp::protocols::http::endpoint': http,
    'exporters::otlp/jaeger::endpoint': jaeger,
    'exporters::prometheus::endpoint': prometheus,
    'extensions::health_check::endpoint': health,
    'service::telemetry::metrics::level': 'none', // Its own would be served on a port of everybody's.
  }
  const set = Object.entries(settings).map(([path, value]) => `--set=${path}=${value}`)
  const child = spawn(BINARY, [`--config=${join(ROOT, 'otel/collector.yaml')}`, ...set], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  try {
    await vi.waitFor(async () => {
      if (child.exitCode !== null) throw new Error(said)
      if (!(await fetch(`http://${health}`)).ok) throw new Error('not yet')
    }, WAIT)
  } catch (error) {
    await end(child)
    throw new Error(`the collector did not start:\n${said}`, { cause: error })
  }
  return { url: `http://${http}`, metricsUrl: `http://${prometheus}/metrics`, stop: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** Held until all are known, so that each is another. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address !== null) ports.push(address.port)
  }
  for (const server of servers) server.close()
  return ports
}
