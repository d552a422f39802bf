import type { SqlClient } from '@corridor/platform'
import type { KycFinding } from '../domain/kyc.ts'
import type { KycLevel } from '../domain/profile.ts'
import { unseal } from '../privacy/sealed.ts'

/** One look at a customer by a provider. */
export interface KycCheck {
  readonly id: string
  readonly profileId: string
  readonly provider: string
  readonly level: KycLevel
  readonly reference: string | null
}

const COLUMNS = 'id, profile_id as "profileId", provider, level, reference'

/** The place of an address, authenticated with it. */
export const redirectPlace = (checkId: string): string => `kyc_checks\0redirect_url_ct\0${checkId}`

export async function openCheckOf(sql: SqlClient, profileId: string): Promise<KycCheck | null> {
  const { rows } = await sql.query<KycCheck>(
    `select ${COLUMNS} from kyc_checks where profile_id = $1 and state = 'OPEN'`,
    [profileId],
  )
  return rows[0] ?? null
}

export async function checkOf(
  sql: SqlClient,
  { provider, reference }: { provider: string; reference: string },
): Promise<KycCheck | null> {
  const { rows } = await sql.query<KycCheck>(
    `select ${COLUMNS} from kyc_checks where provider = $1 and reference = $2`,
    [provider, reference],
  )
  return rows[0] ?? null
}

/** Whether the check is still open, its row locked. */
export async function lockCheck(sql: SqlClient, id: string): Promise<boolean> {
  const { rows } = await sql.query(`select 1 from kyc_checks where id = $1 and state = 'OPEN' for update`, [id])
  return rows.length === 1
}

export async function closeCheck(
  sql: SqlClient,
  { id, state, now }: { id: string; state: KycFinding | 'CLOSED'; now: Date },
): Promise<void> {
  await sql.query('update kyc_checks set state = $2, finished_at = $3, redirect_url_ct = null where id = $1', [
    id,
    state,
    now,
  ])
}

/** Whether this callback comes for the first time. */
export async function claimCallback(
  sql: SqlClient,
  { provider, eventId, now }: { provider: string; eventId: string; now: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    'insert into provider_callbacks (provider, event_id, received_at) values ($1, $2, $3) on conflict do nothing',
    [provider, eventId, now],
  )
  return rowCount === 1
}

/** Where customers with an open check go on, by profile. */
export async function redirectUrls(
  sql: SqlClient,
  keys: ReadonlyMap<string, Buffer>,
  profileIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql.query<{ id: string; profileId: string; sealed: Buffer }>(
    `select id, profile_id as "profileId", redirect_url_ct as sealed from kyc_checks
     where profile_id = any($1::uuid[]) and state = 'OPEN' and redirect_url_ct is not null`,
    [profileIds],
  )
  const urls = new Map<string, string>()
  for (const { id, profileId, sealed } of rows) {
    const key = keys.get(profileId)
    if (key) urls.set(profileId, unseal({ key, sealed: Buffer.from(sealed), place: redirectPlace(id) }).toString())
  }
  return urls
}
