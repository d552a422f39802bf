import { setTimeout as delay } from 'node:timers/promises'
import { it } from 'vitest'
import { CASE_TIMEOUT_MS, withFaultPlatform } from './scenario.ts'

const OUTAGES = [
  { server: 'redis', awayMs: 10_000 },
  { server: 'postgresql', awayMs: 10_000 },
  { server: 'kafka', awayMs: 30_000 },
] as const
const BEFORE_MS = 2_000
const HANGS_MS = 5_000
const SLOW_MS = 15_000
const AFTER_MS = 3_000

const scenario = withFaultPlatform()

it.each(OUTAGES)(
  'loses nothing while $server is away for $awayMs ms',
  async ({ server, awayMs }) => {
    const load = scenario.underLoad()
    await delay(BEFORE_MS)
    scenario.platform.kill(server)
    await delay(awayMs)
    await scenario.platform.bringBack(server)
    await delay(AFTER_MS)
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)

it.each(OUTAGES)(
  'loses nothing when $server hangs, and goes on as if nothing had been',
  async ({ server }) => {
    const load = scenario.underLoad()
    await delay(BEFORE_MS)
    scenario.platform.signal(server, 'SIGSTOP')
    await delay(HANGS_MS)
    scenario.platform.signal(server, 'SIGCONT')
    await delay(AFTER_MS)
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)

it.each(OUTAGES)(
  'loses nothing while $server is slow',
  async ({ server }) => {
    const load = scenario.underLoad()
    await delay(BEFORE_MS)
    await scenario.platform.slow(server, SLOW_MS)
    await scenario.checkEverything(load)
  },
  CASE_TIMEOUT_MS,
)
