import { setTimeout as delay } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { PARTS, SERVERS, type Victim } from './fault-platform.ts'
import { pick, randomFrom } from './random.ts'
import { CASE_TIMEOUT_MS, withFaultPlatform } from './scenario.ts'

const SEED = Number(process.env.FAULTS_SEED ?? 1)
const ROUNDS = Number(process.env.FAULTS_ROUNDS ?? 3)
const BEFORE_MS = 2_000
const AWAY_MS = 2_000
const AFTER_MS = 3_000

const scenario = withFaultPlatform()

describe(`with payments under way, and seed ${SEED}`, () => {
  const random = randomFrom(SEED)
  const rounds = Array.from({ length: ROUNDS }, (_, index) => {
    const victims = pick<Victim>(random, [...PARTS, ...SERVERS], random() < 0.5 ? 1 : 2)
    return { round: index + 1, victims }
  })

  it.each(rounds)(
    'loses nothing in round $round, when $victims are killed',
    async ({ victims }) => {
      const { platform } = scenario
      const load = scenario.underLoad()
      await delay(BEFORE_MS + random() * BEFORE_MS)
      for (const victim of victims) platform.kill(victim)
      await delay(AWAY_MS)
      for (const victim of victims) await platform.bringBack(victim)
      await delay(AFTER_MS)
      await scenario.checkEverything(load)
    },
    CASE_TIMEOUT_MS,
  )

  it(
    'loses nothing, and refuses nothing for good, while every part is restarted in turn',
    async () => {
      const load = scenario.underLoad()
      for (const part of PARTS) await scenario.platform.restart(part)
      await scenario.checkEverything(load)
    },
    CASE_TIMEOUT_MS,
  )
})
