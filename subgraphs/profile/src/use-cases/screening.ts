import { accept, contextOf, inSpan, type SqlClient, sqlOf } from '@corridor/platform'
import { NameList, type Screening } from '../domain/name-matching.ts'
import { BeneficiaryRecord } from '../entities/beneficiary-record.ts'
import { ProfileRecord } from '../entities/profile-record.ts'
import { openPayout } from '../privacy/beneficiary-cipher.ts'
import { openProfile } from '../privacy/profile-cipher.ts'
import { audit } from './audit-log.ts'
import type { Changing, ProfileStore } from './profile-store.ts'

/** How many customers one round screens anew. */
const MAX_PER_ROUND = 100

/** Screens names against the lists that are imported now. */
export class NameScreening {
  private list = new NameList([], 0)

  constructor(private readonly store: ProfileStore) {}

  /** The lists, read anew where they have changed. */
  async current(): Promise<NameList> {
    const { sql } = this.store
    const version = await newestVersion(sql)
    if (version !== this.list.version) {
      const { rows } = await sql.query<{ name: string }>('select name from name_list_entries')
      this.list = new NameList(
        rows.map(({ name }) => name),
        version,
      )
    }
    return this.list
  }

  /** Compares a person's name with the lists. */
  async screen(name: string): Promise<Screening> {
    return (await this.current()).screen(name)
  }

  /**
   * Screens anew those customers, and the beneficiaries of those, who were last compared with an older list; answers
   * whether there may be more.
   */
  async round(): Promise<boolean> {
    const list = await this.current()
    const { rows } = await this.store.sql.query<{ id: string }>(
      `(select id from profiles where erased_at is null and coalesce(screening_list_version, -1) < $1 order by id limit $2)
       union
       (select owner_id from beneficiaries where removed_at is null and name_ct is not null
          and coalesce(screening_list_version, -1) < $1 order by id limit $2)`,
      [list.version, MAX_PER_ROUND],
    )
    if (rows.length === 0) return false
    await inSpan({ service: 'profile-sync', name: 'screen anew', parent: contextOf(null) }, async () => {
      for (const { id } of rows) await this.rescreen(id, list)
    })
    return true
  }

  private async rescreen(id: string, list: NameList): Promise<void> {
    await this.store.change(id, async (changing) => {
      const { tx, record, key } = changing
      const beneficiaries = await tx.find(BeneficiaryRecord, { ownerId: id, removedAt: null })
      const before = [record, ...beneficiaries].map(({ screeningScore }) => screeningScore)
      setScreening(record, list.screen(fullNameOf(openProfile(record, key))))
      for (const each of beneficiaries) setScreening(each, list.screen(openPayout(each, key).name))
      await tx.flush()
      const after = [record, ...beneficiaries].map(({ screeningScore }) => screeningScore)
      if (before.every((score, i) => score === after[i])) return accept([])
      await tell(changing)
      return accept([{ type: 'profile.screened' }])
    })
  }
}

const tell = ({ sql, record, now }: Changing): Promise<void> =>
  audit(sql, [{ actor: 'profile-service', subject: record.id, action: 'screening.changed' }], now)

export const fullNameOf = ({
  givenName,
  familyName,
}: {
  givenName: string | null
  familyName: string | null
}): string => [givenName, familyName].filter((part) => part !== null).join(' ')

export function setScreening(
  record: ProfileRecord | BeneficiaryRecord,
  { match, score, listVersion }: Screening,
): void {
  record.screeningMatch = match
  record.screeningScore = score
  record.screeningListVersion = BigInt(listVersion)
}

const newestVersion = async (sql: SqlClient): Promise<number> => {
  const { rows } = await sql.query<{ version: bigint | null }>('select max(version) as version from name_lists')
  return Number(rows[0]?.version ?? 0)
}

const LIST_NAME = /^[a-z][a-z0-9-]{0,62}$/
const MAX_ENTRIES = 1_000_000

/**
 * Replaces one list of names, or begins it; everybody is screened anew by the rounds that follow. Throws for a name or a
 * size that is none.
 */
export async function importNameList(
  store: ProfileStore,
  { list, names }: { list: string; names: readonly string[] },
): Promise<{ version: number; entries: number }> {
  if (!LIST_NAME.test(list)) throw new RangeError('the name of a list is of small letters, digits and -')
  const entries = [...new Set(names.map((name) => name.trim()).filter((name) => name.length > 0))]
  if (entries.length === 0 || entries.length > MAX_ENTRIES) {
    throw new RangeError(`a list has 1 to ${MAX_ENTRIES} names, this one has ${entries.length}`)
  }
  return await store.deps.orm.em.fork().transactional(async (tx) => {
    const sql = sqlOf(tx as Changing['tx']) // The transaction's own manager is of the driver it was made with.
    await sql.query('lock table name_lists in share row exclusive mode') // Two imports take two versions.
    const version = (await newestVersion(sql)) + 1
    await sql.query(
      `insert into name_lists (name, version, entries, imported_at) values ($1, $2, $3, $4)
       on conflict (name) do update set version = excluded.version, entries = excluded.entries,
         imported_at = excluded.imported_at`,
      [list, version, entries.length, store.deps.clock.now()],
    )
    await sql.query('delete from name_list_entries where list = $1', [list])
    await sql.query('insert into name_list_entries (list, name) select $1, unnest($2::text[])', [list, entries])
    return { version, entries: entries.length }
  })
}
