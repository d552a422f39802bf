import { type EventData, enqueueEvents } from '@corridor/events'
import {
  accept,
  type Clock,
  type EntityManager,
  isUuid,
  LockMode,
  type MikroORM,
  type Result,
  refuse,
  type SqlClient,
  sqlOf,
  type Wakeups,
} from '@corridor/platform'
import type { Profile } from '../domain/profile.ts'
import { ProfileRecord } from '../entities/profile-record.ts'
import type { BlindIndex } from '../privacy/blind-index.ts'
import { openErased, openProfile } from '../privacy/profile-cipher.ts'
import type { SubjectKeys } from '../privacy/subject-keys.ts'
import { inTransaction } from './transaction.ts'

export interface StoreDeps {
  readonly orm: MikroORM
  readonly keys: SubjectKeys
  readonly index: BlindIndex
  readonly clock: Clock
  readonly wakeups: Wakeups
}

/** A profile that is being changed: its row locked, its key at hand, all in one transaction. */
export interface Changing {
  readonly tx: EntityManager
  readonly sql: SqlClient
  readonly record: ProfileRecord
  readonly key: Buffer
  readonly now: Date
}

export interface Announcement {
  readonly type: string
  readonly data?: EventData
}

/** Profiles as they are loaded, changed and told of. */
export class ProfileStore {
  constructor(readonly deps: StoreDeps) {}

  get sql(): SqlClient {
    return sqlOf(this.deps.orm.em.fork())
  }

  /** Profiles by id; those that do not exist are left out, of erased ones there is what is left. */
  async profiles(ids: readonly string[]): Promise<Map<string, Profile>> {
    const wanted = ids.filter(isUuid)
    if (wanted.length === 0) return new Map()
    return await this.open(await this.deps.orm.em.fork().find(ProfileRecord, { id: { $in: wanted } }))
  }

  async profile(id: string): Promise<Profile | null> {
    return (await this.profiles([id])).get(id) ?? null
  }

  /** Opens records; one whose key is gone counts as erased. */
  async open(records: readonly ProfileRecord[]): Promise<Map<string, Profile>> {
    const keys = await this.deps.keys.read(records.filter(({ erasedAt }) => !erasedAt).map(({ id }) => id))
    return new Map(
      records.map((record) => {
        const key = keys.get(record.id)
        return [record.id, key ? openProfile(record, key) : openErased(record)]
      }),
    )
  }

  /**
   * Changes a profile. What `work` answers is told in one event each; without an answer nothing has changed. `NOT_FOUND`
   * for who does not exist or is erased.
   */
  async change(
    id: string,
    work: (changing: Changing) => Promise<Result<readonly Announcement[]>>,
  ): Promise<Result<Profile>> {
    const key = isUuid(id) ? (await this.deps.keys.read([id])).get(id) : undefined
    if (!key) return refuse('NOT_FOUND')
    return await inTransaction(this.deps, async (tx) => {
      const record = await tx.findOne(ProfileRecord, id, { lockMode: LockMode.PESSIMISTIC_WRITE })
      if (!record || record.erasedAt) return refuse('NOT_FOUND')
      const now = this.deps.clock.now()
      const sql = sqlOf(tx)
      const changed = await work({ tx, sql, record, key, now })
      if (!changed.ok) return changed
      if (changed.value.length > 0) {
        record.version += 1n
        record.updatedAt = now
        await tx.flush()
        await announce(sql, record, changed.value)
      }
      return accept(openProfile(record, key))
    })
  }
}

/**
 * Tells of a profile, in full each time: whoever follows needs the last event alone. Events carry ids, states and places,
 * never personal data. `screening` is the worst of the customer's and of those whom he pays.
 */
export async function announce(
  sql: SqlClient,
  record: ProfileRecord,
  announcements: readonly Announcement[],
): Promise<void> {
  const { id, kycStatus, kycLevel, country, timeZone, locale, version } = record
  const screening = await screeningOf(sql, id)
  const data = { profileId: id, kycStatus, kycLevel, country, timeZone, locale, screening, version: String(version) }
  const events = announcements.map(({ type, data: more = {} }) => ({
    topic: 'profile.events' as const,
    key: id,
    type,
    data: { ...data, ...more },
  }))
  await enqueueEvents(sql, events)
}

async function screeningOf(sql: SqlClient, id: string): Promise<EventData | null> {
  const { rows } = await sql.query<{ match: boolean | null; score: number | null; version: bigint | null }>(
    `select bool_or(match) as match, max(score) as score, min(version) as version from (
       select screening_match as match, screening_score as score, screening_list_version as version
       from profiles where id = $1
       union all
       select screening_match, screening_score, screening_list_version
       from beneficiaries where owner_id = $1 and removed_at is null
     ) as screened where score is not null`,
    [id],
  )
  const { match, score, version } = rows[0] ?? {}
  if (match == null || score == null || version == null) return null
  return { match, score, listVersion: Number(version) }
}
