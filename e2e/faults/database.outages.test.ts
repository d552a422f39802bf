import { setTimeout as delay } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { provokeDeadlock, provokeStatementTimeout, refuseConnections } from './database-faults.ts'
import { CASE_TIMEOUT_MS, withFaultPlatform } from './scenario.ts'

const BEFORE_MS = 2_000
const REFUSED_MS = 5_000
const AFTER_MS = 2_000

const scenario = withFaultPlatform()

const FAULTS = [
  {
    fault: 'ends a posting by which it found a deadlock',
    provoke: () => provokeDeadlock(scenario.platform, scenario.usdWallets),
  },
  { fault: 'has no connection left', provoke: () => refuseConnections(scenario.platform, REFUSED_MS) },
  {
    fault: 'ends a statement that took too long',
    provoke: () => provokeStatementTimeout(scenario.platform, scenario.usdWallets),
  },
]

describe('with payments under way', () => {
  it.each(FAULTS)(
    'loses nothing when PostgreSQL $fault',
    async ({ provoke }) => {
      const load = scenario.underLoad()
      await delay(BEFORE_MS)
      await provoke()
      await delay(AFTER_MS)
      await scenario.checkEverything(load)
    },
    CASE_TIMEOUT_MS,
  )
})
