import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { onRead } from './readers.ts'
import { counter, gauge } from './registry.ts'

const NANOSECONDS = 1e9
const MICROSECONDS = 1e6
const RESOLUTION_MS = 10

const delayP99 = gauge({
  name: 'nodejs.eventloop.delay.p99',
  unit: 's',
  description: 'Delay of the event loop since the last look, 99th percentile.',
  inStatus: true,
})
const delayMax = gauge({
  name: 'nodejs.eventloop.delay.max',
  unit: 's',
  description: 'Longest delay of the event loop since the last look.',
})
const utilization = gauge({
  name: 'nodejs.eventloop.utilization',
  unit: '1',
  description: 'Share of the time in which the event loop was busy, since the last look.',
})
const memory = gauge({ name: 'process.memory.usage', unit: 'By', description: 'Resident memory.' })
const heap = gauge({ name: 'corridor.process.heap.used', unit: 'By', description: 'Memory of JavaScript objects.' })
const cpu = counter({
  name: 'process.cpu.time',
  unit: 's',
  description: 'Processor time.',
  attributes: { 'cpu.mode': ['user', 'system'] },
})
const uptime = gauge({ name: 'process.uptime', unit: 's', description: 'Time since the start of the process.' })

/** Event loop, memory and processor time of this process. @returns how to stop. */
export function observeProcess(): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  let last = performance.eventLoopUtilization()
  const end = onRead({
    name: 'process',
    read() {
      delayP99.of({}).set(delay.percentile(99) / NANOSECONDS)
      delayMax.of({}).set(delay.max / NANOSECONDS)
      delay.reset()
      const now = performance.eventLoopUtilization()
      utilization.of({}).set(performance.eventLoopUtilization(now, last).utilization)
      last = now
      const { rss, heapUsed } = process.memoryUsage()
      memory.of({}).set(rss)
      heap.of({}).set(heapUsed)
      const { user, system } = process.cpuUsage()
      cpu.of({ 'cpu.mode': 'user' }).value = user / MICROSECONDS
      cpu.of({ 'cpu.mode': 'system' }).value = system / MICROSECONDS
      uptime.of({}).set(process.uptime())
    },
  })
  return () => {
    end()
    delay.disable()
  }
}
