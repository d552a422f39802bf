import { SEED_USERS } from '@corridor/dev-services'
import { orThrow } from '@corridor/platform'
import type { ProfileSubgraph } from '@corridor/profile'

/** Customers whose identity counts as known from the first start. */
const VERIFIED = new Set(['customer1', 'customer2'])

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
