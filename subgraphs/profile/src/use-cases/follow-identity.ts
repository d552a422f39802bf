import { accept } from '@corridor/platform'
import type { Profile } from '../domain/profile.ts'
import type { IdentityChange, IdentityDirectory, IdentityUser } from '../identity/identity-directory.ts'
import { changeDetails, type Details } from './change-profile.ts'
import { pendingSyncs } from './identity-sync.ts'
import type { ProfileStore } from './profile-store.ts'
import type { NameScreening } from './screening.ts'

export interface FollowDeps {
  readonly store: ProfileStore
  readonly screening: NameScreening
  readonly directory: IdentityDirectory
}

const ACTOR = 'identity-server'
const SOURCE = 'scim'
/** A change may become visible a moment after one with a later time; what was seen already changes nothing. */
const OVERLAP_MS = 60_000

/** Brings profiles to what their users are in the identity server, however the change is heard of. */
export class FollowIdentity {
  constructor(private readonly deps: FollowDeps) {}

  /** Follows changes; repeated ones change nothing, and users without a profile have none to change. */
  async follow(changes: readonly IdentityChange[]): Promise<void> {
    const { store, directory } = this.deps
    const known = await store.profiles(changes.map(({ userId }) => userId))
    for (const { userId, user } of changes) {
      const profile = known.get(userId)
      if (!profile || profile.erasedAt) continue
      const now = user ?? (await directory.find(userId))
      if (now && differs(profile, now)) await this.apply(now)
    }
  }

  /** Asks for what has changed since the last time (`meta.lastModified`), and follows it. */
  async poll(): Promise<void> {
    const { store, directory } = this.deps
    const since = await readCursor(store)
    let newest = since
    for await (const users of directory.changedSince(since === null ? null : overlapping(since))) {
      await this.follow(users.map((user) => ({ userId: user.id, user })))
      for (const { lastModified } of users) if (newest === null || lastModified > newest) newest = lastModified
    }
    if (newest !== null && newest !== since) await writeCursor(store, newest)
  }

  /** A change of ours that the identity server does not know yet outranks what it says. */
  private async apply(user: IdentityUser): Promise<void> {
    const { store, screening } = this.deps
    await store.change(user.id, async (changing) => {
      if ((await pendingSyncs(changing.sql, [user.id])).size > 0) return accept([])
      const given = { changing, index: store.deps.index, screening, actor: ACTOR }
      return accept(await changeDetails(given, followed(user)))
    })
  }
}

/** Names, e-mail and phone are the identity server's to take away; what it may simply not keep stays as it is here. */
function followed({ username, email, givenName, familyName, phone, country, timeZone, locale }: IdentityUser): Details {
  return {
    ...{ username, phone },
    ...Object.fromEntries(
      Object.entries({ email, givenName, familyName, country, timeZone, locale }).filter(([, value]) => value !== null),
    ),
  }
}

/** Most of what is heard is known: it needs no lock. */
const differs = (profile: Profile, user: IdentityUser): boolean =>
  Object.entries(followed(user)).some(([field, value]) => profile[field as keyof Profile] !== value)

const overlapping = (lastModified: string): string => {
  const time = Date.parse(lastModified)
  return Number.isNaN(time) ? lastModified : new Date(time - OVERLAP_MS).toISOString()
}

async function readCursor(store: ProfileStore): Promise<string | null> {
  const { rows } = await store.sql.query<{ position: string }>(
    'select position from identity_cursors where source = $1',
    [SOURCE],
  )
  return rows[0]?.position ?? null
}

async function writeCursor(store: ProfileStore, position: string): Promise<void> {
  await store.sql.query(
    `insert into identity_cursors (source, position) values ($1, $2)
     on conflict (source) do update set position = excluded.position`,
    [SOURCE, position],
  )
}
