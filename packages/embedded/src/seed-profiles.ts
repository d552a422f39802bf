import { setTimeout as delay } from 'node:timers/promises'
import { SEED_USERS } from '@corridor/dev-services'
import { areHandled, queuedEventIds } from '@corridor/events'
import { createPool, type Logger, orThrow, type Pool } from '@corridor/platform'
import type { ProfileSubgraph } from '@corridor/profile'
import type { ApplicationUrls } from './databases.ts'

/** Customers whose identity counts as known from the first start. */
const VERIFIED = new Set(['customer1', 'customer2'])
const DELIVERY_TIMEOUT_MS = 30_000
const POLL_MS = 25

/** Gives every seeded user a profile. What was decided on somebody since is left as it is. */
export async function seedProfiles({ useCases }: ProfileSubgraph): Promise<void> {
  for (const { id, username, email, givenName, familyName, country, timeZone, locale } of SEED_USERS) {
    const claims = { email, givenName, familyName, country, timeZone, locale }
    const profile = await useCases.ensure({ subject: id, username, claims })
    if (!VERIFIED.has(username) || profile.kyc.status !== 'NOT_STARTED') continue
    orThrow(
      await useCases.decideKyc({
        profileId: id,
        status: 'VERIFIED',
        level: 'BASIC',
        note: 'A user of the development platform.',
        decidedBy: null,
      }),
    )
  }
}

/** The events of profiles that nobody has been told of yet. */
export const queuedSeeds = (databases: ApplicationUrls): Promise<readonly string[]> =>
  withPool(databases.profile, (pool) => queuedEventIds(pool, 'profile.events'))

/** Waits until the rules know those customers: a payment before that would be judged as a stranger's. */
export async function waitForSeeds(input: {
  databases: ApplicationUrls
  seeds: readonly string[]
  logger: Logger
}): Promise<void> {
  const { databases, seeds, logger } = input
  const deadline = performance.now() + DELIVERY_TIMEOUT_MS
  await withPool(databases['rule-engine'], async (pool) => {
    while (!(await areHandled(pool, { consumer: 'rule-engine.customers', eventIds: seeds }))) {
      if (performance.now() > deadline) return logger.warn('events of profiles are still being delivered')
      await delay(POLL_MS)
    }
  })
}

async function withPool<T>(url: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = createPool({ url, service: 'corridor', max: 1 })
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}
