import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Meter } from '@opentelemetry/api'

const NANOSECONDS = 1e9
const RESOLUTION_MS = 10

/** Event-loop delay and memory of this process. @returns how to stop. */
export function observeProcess(meter: Meter): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  const p99 = meter.createObservableGauge('nodejs.eventloop.delay.p99', {
    unit: 's',
    description: 'Delay of the event loop since the last look, 99th percentile.',
  })
  const memory = meter.createObservableGauge('process.memory.usage', { unit: 'By', description: 'Resident memory.' })
  p99.addCallback((result) => {
    result.observe(delay.percentile(99) / NANOSECONDS)
    delay.reset()
  })
  memory.addCallback((result) => result.observe(process.memoryUsage.rss()))
  return () => delay.disable()
}
