import { Fault, inSpan, isRetryableSqlError, type Logger, type SqlClient } from '@corridor/platform'
import type { Profile } from '../domain/profile.ts'
import type { IdentityDetails, IdentityDirectory } from '../identity/identity-directory.ts'
import { audit } from './audit-log.ts'
import { millisecondsOf } from './instants.ts'
import type { ProfileStore } from './profile-store.ts'

export interface SyncDeps {
  readonly store: ProfileStore
  readonly directory: IdentityDirectory
  readonly logger: Logger
  /** In whose name the identity server is told, in traces. */
  readonly service: string
}

/** Longer than any one delivery: its time-outs are 5 s each. */
const CLAIM_MS = 30_000
const MIN_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 5 * 60_000
const MAX_PER_ROUND = 50
/** Longer than a request to Identity Server may be under way: a user who is not there then was never made. */
const WITHDRAWAL_MS = 60_000

interface Claimed {
  readonly profileId: string
  readonly kind: 'PUSH' | 'REMOVE'
  readonly version: bigint
  readonly attempts: number
}

/** Says, in the transaction of a change, that Identity Server is to be told. */
export async function queueSync(
  sql: SqlClient,
  { profileId, version, kind, now }: { profileId: string; version: bigint; kind: 'PUSH' | 'REMOVE'; now: Date },
): Promise<void> {
  await sql.query(
    `insert into identity_sync as s (profile_id, kind, version, next_attempt_at) values ($1, $2, $3, $4)
     on conflict (profile_id) do update set kind = excluded.kind, version = excluded.version`,
    [profileId, kind, version, now],
  )
}

/** Which of these profiles have a change that Identity Server does not know yet. */
export async function pendingSyncs(sql: SqlClient, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql.query<{ id: string }>(
    'select profile_id as id from identity_sync where profile_id = any($1::uuid[])',
    [ids],
  )
  return new Set(rows.map(({ id }) => id))
}

/** Tells Identity Server what has changed here, again and again until it has heard. */
export class IdentitySync {
  constructor(private readonly deps: SyncDeps) {}

  /** Delivers a profile's change now, unless another is doing so. What fails stays queued for the rounds. */
  async deliver(profileId: string): Promise<void> {
    const claimed = await this.claim(profileId)
    if (claimed) await this.attempt(claimed)
  }

  /** One round over what is due; answers whether there may be more. */
  async round(): Promise<boolean> {
    const { sql, deps } = this.deps.store
    const { rows } = await sql.query<{ id: string }>(
      'select profile_id as id from identity_sync where next_attempt_at <= $1 order by next_attempt_at limit $2',
      [deps.clock.now(), MAX_PER_ROUND],
    )
    for (const { id } of rows) {
      const claimed = await this.claim(id)
      if (claimed && !(await this.attempt(claimed))) return false // It is away for the others too.
    }
    return (await this.removeWithdrawn()) || rows.length === MAX_PER_ROUND
  }

  /** Remembers a registration that was not answered, so that nothing stays of it. */
  async withdraw(externalId: string): Promise<void> {
    const now = this.deps.store.deps.clock.now()
    await this.deps.store.sql.query(
      'insert into withdrawn_registrations (external_id, withdrawn_at, next_attempt_at) values ($1, $2, $2)',
      [externalId, now],
    )
  }

  /** Takes a row that is due, for a while, so that two never tell at once, the older last. */
  private async claim(profileId: string): Promise<Claimed | undefined> {
    const { sql, deps } = this.deps.store
    const now = deps.clock.now()
    const { rows } = await sql.query<Claimed>(
      `update identity_sync set next_attempt_at = $2, attempts = attempts + 1
       where profile_id = $1 and next_attempt_at <= $3
       returning profile_id as "profileId", kind, version, attempts`,
      [profileId, new Date(now.getTime() + CLAIM_MS), now],
    )
    return rows[0]
  }

  /** Whether the identity server was there. */
  private async attempt(claimed: Claimed): Promise<boolean> {
    const { profileId, version, attempts } = claimed
    const { store, logger, service } = this.deps
    try {
      await inSpan({ service, name: 'tell identity server' }, () => this.tell(claimed))
      await this.settle(profileId, version)
      return true
    } catch (error) {
      if (!(error instanceof Fault) && !isRetryableSqlError(error)) throw error
      logger.warn({ error, profile: profileId, attempts }, 'the identity server was not told')
      const until = new Date(store.deps.clock.now().getTime() + backoffMs(attempts))
      await store.sql.query('update identity_sync set next_attempt_at = $2 where profile_id = $1', [profileId, until])
      return false
    }
  }

  private async tell({ profileId, kind }: Claimed): Promise<void> {
    const { store, directory } = this.deps
    if (kind === 'REMOVE') {
      await store.deps.keys.destroy(profileId) // Also where the process that erased him ended before.
      return await directory.remove(profileId)
    }
    const profile = await store.profile(profileId)
    if (!profile || profile.erasedAt) return
    if (await directory.update(profileId, detailsOf(profile))) return
    const entry = { actor: 'identity-server', subject: profileId, action: 'identity.missing' }
    await audit(store.sql, [entry], store.deps.clock.now())
  }

  /** What was told is done with; what has changed since is due at once. */
  private async settle(profileId: string, version: bigint): Promise<void> {
    const { sql, deps } = this.deps.store
    await sql.query('delete from identity_sync where profile_id = $1 and version = $2', [profileId, version])
    await sql.query('update identity_sync set next_attempt_at = $2, attempts = 0 where profile_id = $1', [
      profileId,
      deps.clock.now(),
    ])
  }

  private async removeWithdrawn(): Promise<boolean> {
    const { store, directory } = this.deps
    const now = store.deps.clock.now()
    const { rows } = await store.sql.query<{ externalId: string; withdrawnMs: number }>(
      `update withdrawn_registrations set attempts = attempts + 1, next_attempt_at = $2
       where external_id in (select external_id from withdrawn_registrations where next_attempt_at <= $1 limit $3)
       returning external_id as "externalId", ${millisecondsOf('withdrawn_at')} as "withdrawnMs"`,
      [now, new Date(now.getTime() + CLAIM_MS), MAX_PER_ROUND],
    )
    for (const { externalId, withdrawnMs } of rows) {
      const user = await directory.findByExternalId(externalId)
      if (user) await directory.remove(user.id)
      if (!user && now.getTime() - withdrawnMs < WITHDRAWAL_MS) continue
      await store.sql.query('delete from withdrawn_registrations where external_id = $1', [externalId])
    }
    return rows.length === MAX_PER_ROUND
  }
}

export const detailsOf = (profile: Profile): IdentityDetails => {
  const { username, email, givenName, familyName, phone, country, timeZone, locale } = profile
  return { username, email, givenName, familyName, phone, country, timeZone, locale }
}

const backoffMs = (attempts: number): number => Math.min(MIN_BACKOFF_MS * 2 ** (attempts - 1), MAX_BACKOFF_MS)
