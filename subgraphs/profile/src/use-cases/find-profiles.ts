import { isUuid } from '@corridor/platform'
import type { Page } from '@corridor/subgraph'
import type { KycStatus, Profile } from '../domain/profile.ts'
import { ProfileRecord } from '../entities/profile-record.ts'
import type { ProfileStore } from './profile-store.ts'

export interface ProfileSearch {
  /** A whole e-mail address, phone number, user name or id. */
  readonly search: string | null
  readonly kycStatus: KycStatus | null
}

/** Profiles by blind index, in the order of their ids: up to one more than the page holds. */
export async function findProfiles(
  store: ProfileStore,
  { search, kycStatus }: ProfileSearch,
  page: Page,
): Promise<Profile[]> {
  const { orm, index } = store.deps
  const [after] = page.after ?? []
  const exact =
    search === null
      ? {}
      : {
          $or: [
            { usernameIndex: index.of('username', search) },
            { emailIndex: index.of('email', search) },
            { phoneIndex: index.of('phone', search) },
            ...(isUuid(search) ? [{ id: search }] : []),
          ],
        }
  const records = await orm.em.fork().find(
    ProfileRecord,
    {
      ...exact,
      ...(kycStatus === null ? {} : { kycStatus }),
      ...(after === undefined ? {} : { id: { $gt: after } }),
    },
    { orderBy: { id: 'asc' }, limit: page.limit + 1 },
  )
  return [...(await store.open(records)).values()]
}
