/**
 * `npm run bench -- observability`: what telemetry costs. Two platforms as `npm start` runs them, one that logs, exports to
 * a collector and records 10 % of the traces, one that does neither; payments are sent to them in turns, one after the
 * other. The overhead is what each payment takes more of the processor's time and of the clock's.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Population, populate } from './payments/bench-customers.ts'
import { type BenchPlatform, PORT_OFFSET, startBenchPlatform } from './payments/bench-platform.ts'
import { processCpuMs } from './payments/cpu.ts'
import { quantile, sendSingles } from './payments/send.ts'

const GOALS = { overheadPercent: { atMost: 10 } } as const
const SHARE = '0.1'
const IN_FLIGHT = 64
const WARM_UP = 400
const PAYMENTS = 400
const TURNS = 10
const QUIET_MS = 1_500
/** Far enough from the first platform's ports. */
const OTHER_OFFSET = PORT_OFFSET + 400

interface Side {
  readonly name: string
  readonly platform: BenchPlatform
  readonly population: Population
  readonly msPerPayment: number[]
  readonly cpuMsPerPayment: number[]
}

/** Takes what is exported, and counts it. */
async function startCollector() {
  const taken = { bytes: 0 }
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      taken.bytes += chunk.length
    })
    request.on('end', () => response.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // It listens on TCP.
  return { url: `http://127.0.0.1:${port}`, taken, close: () => server.close() }
}

async function open(name: string, settings: Record<string, string>, portOffset: number): Promise<Side> {
  const platform = await startBenchPlatform(settings, portOffset)
  try {
    return { name, platform, population: await populate(platform), msPerPayment: [], cpuMsPerPayment: [] }
  } catch (error) {
    await platform.stop()
    throw error
  }
}

async function takeTurn({ platform, population, msPerPayment, cpuMsPerPayment }: Side): Promise<void> {
  const cpuBefore = processCpuMs(platform.pid)
  const began = performance.now()
  await sendSingles(population.customers, PAYMENTS, IN_FLIGHT)
  msPerPayment.push((performance.now() - began) / PAYMENTS)
  await sleep(QUIET_MS) // What is left to do, by consumers and exporters, counts as well.
  cpuMsPerPayment.push((processCpuMs(platform.pid) - cpuBefore) / PAYMENTS)
}

const median = (values: readonly number[]): number => quantile(values, 0.5)
const percentMore = (on: number, off: number): number => (on / off - 1) * 100
/** Of turns that follow each other, so that what the machine does beside it counts for both. */
const overhead = (on: readonly number[], off: readonly number[]): number =>
  median(on.map((value, turn) => percentMore(value, off[turn] ?? Number.NaN)))

const collector = await startCollector()
const sides: Side[] = []
try {
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER_ARG: SHARE,
    LOG_LEVEL: 'info',
  }
  const on = await open('10 % of traces, metrics, logs', settings, PORT_OFFSET)
  sides.push(on)
  const off = await open('nothing (baseline)', {}, OTHER_OFFSET)
  sides.push(off)
  for (const { population } of sides) await sendSingles(population.customers, WARM_UP, IN_FLIGHT)
  for (let turn = 0; turn < TURNS; turn += 1) for (const side of turn % 2 ? [on, off] : [off, on]) await takeTurn(side)
  console.table(
    sides.map(({ name, msPerPayment, cpuMsPerPayment }) => ({
      exported: name,
      'payments per second': Math.round(1_000 / median(msPerPayment)),
      'CPU ms per payment': Number(median(cpuMsPerPayment).toFixed(2)),
    })),
  )
  const figures = {
    overheadPercent: Number(overhead(on.msPerPayment, off.msPerPayment).toFixed(1)),
    cpuOverheadPercent: Number(overhead(on.cpuMsPerPayment, off.cpuMsPerPayment).toFixed(1)),
    exportedBytesPerPayment: Math.round(collector.taken.bytes / (WARM_UP + TURNS * PAYMENTS)),
  }
  console.log(`Ratio to the baseline: ${(1 + figures.overheadPercent / 100).toFixed(3)} of its time per payment`)
  const pass = figures.overheadPercent <= GOALS.overheadPercent.atMost
  console.log(JSON.stringify({ bench: 'observability', figures, goals: GOALS, pass }))
  process.exitCode = pass ? 0 : 1
} finally {
  for (const { population, platform } of sides) {
    await population.close()
    await platform.stop()
  }
  collector.close()
}
