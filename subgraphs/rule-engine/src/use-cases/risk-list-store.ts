import type { SqlClient } from '@corridor/platform'
import type { RiskListContent, RiskListKind } from '../domain/risk-list.ts'

/** A list as it is in force. */
export interface RiskList {
  readonly name: string
  readonly kind: RiskListKind
  readonly version: number
  readonly entries: number
  readonly updatedAt: Date
  readonly updatedBy: string
}

/** The newest version of every list, ready to be asked. */
export interface RiskLists {
  readonly versions: Readonly<Record<string, number>>
  readonly values: ReadonlyMap<string, { readonly kind: RiskListKind; readonly set: ReadonlySet<string> }>
}

export const NO_LISTS: RiskLists = { versions: {}, values: new Map() }

const COLUMNS = `name, kind, version, cardinality(entries) as entries, imported_at as "updatedAt", imported_by as "updatedBy"`

/** The names of the lists of that kind which hold any of the values, in order. */
export function listsHolding(
  { values }: RiskLists,
  kind: RiskListKind,
  wanted: readonly (string | null | undefined)[],
): string[] {
  const holding: string[] = []
  for (const [name, list] of values) {
    if (list.kind === kind && wanted.some((value) => typeof value === 'string' && list.set.has(value)))
      holding.push(name)
  }
  return holding
}

export async function listRiskLists(client: SqlClient): Promise<RiskList[]> {
  const { rows } = await client.query<RiskList>(
    `select distinct on (name) ${COLUMNS} from risk_lists order by name, version desc`,
  )
  return rows
}

export interface RiskListVersion extends RiskListContent {
  readonly version: number
}

/** The newest version of a list with its values; null where there is none. */
export async function findRiskList(client: SqlClient, name: string): Promise<RiskListVersion | null> {
  const { rows } = await client.query<RiskListVersion>(
    `select version, kind, entries as "values" from risk_lists where name = $1 order by version desc limit 1`,
    [name],
  )
  return rows[0] ?? null
}

export async function insertRiskList(
  client: SqlClient,
  list: RiskListContent & { readonly name: string; readonly at: Date; readonly by: string },
): Promise<RiskList> {
  const { rows } = await client.query<RiskList>(
    `insert into risk_lists (name, version, kind, entries, imported_at, imported_by)
     select $1, (select coalesce(max(version), 0) + 1 from risk_lists where name = $1), $2, $3, $4, $5
     returning ${COLUMNS}`,
    [list.name, list.kind, list.values, list.at, list.by],
  )
  return rows[0] as RiskList // One row is inserted, or the statement throws.
}

/** The lists in force, of which only those are read that `known` has in another version. Rules look up no names. */
export async function loadRiskLists(client: SqlClient, known: RiskLists): Promise<RiskLists> {
  const { rows } = await client.query<{ name: string; version: number }>({
    name: 'rules-list-versions',
    text: `select name, max(version) as version from risk_lists where kind <> 'NAMES' group by name order by name`,
  })
  const versions = Object.fromEntries(rows.map(({ name, version }) => [name, version]))
  if (JSON.stringify(versions) === JSON.stringify(known.versions)) return known
  const stale = rows.filter(({ name, version }) => known.versions[name] !== version)
  const read = await client.query<{ name: string; kind: RiskListKind; entries: string[] }>(
    `select name, kind, entries from risk_lists
     where (name, version) in (select * from unnest($1::text[], $2::integer[])) order by name`,
    [stale.map(({ name }) => name), stale.map(({ version }) => version)],
  )
  const fresh = read.rows.map(({ name, kind, entries }) => [name, { kind, set: new Set(entries) }] as const)
  const values = new Map([...known.values, ...fresh].sort(([a], [b]) => (a < b ? -1 : 1)))
  return { versions, values }
}
