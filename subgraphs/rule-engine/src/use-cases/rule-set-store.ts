import { enqueueEvents } from '@corridor/events'
import type { SqlClient } from '@corridor/platform'
import type { RuleChangeAction, RuleSet } from '../domain/rule-set.ts'

/** Where instances listen for new versions of rule sets and lists. */
export const BOOK_CHANNEL = 'rules:book'

/** Changes of rule sets and lists wait for each other: they are rare, and each looks at what is there before it writes. */
const CHANGES_LOCK = 7_246_101

const COLUMNS = `name, version, status, shadow, proposed_by as "proposedBy", description, model, examples, created_at as "createdAt",
                 created_by as "createdBy"`

export const lockChanges = async (client: SqlClient): Promise<void> =>
  void (await client.query('select pg_advisory_xact_lock($1)', [CHANGES_LOCK]))

export async function listRuleSets(client: SqlClient): Promise<RuleSet[]> {
  const { rows } = await client.query<RuleSet>(`select ${COLUMNS} from rule_sets order by name, version desc`)
  return rows
}

/** A version of a rule set; the active one where none is named. */
export async function findRuleSet(client: SqlClient, name: string, version: number | null): Promise<RuleSet | null> {
  const { rows } = await client.query<RuleSet>(
    `select ${COLUMNS} from rule_sets where name = $1 and (version = $2 or ($2::int is null and status = 'ACTIVE'))`,
    [name, version],
  )
  return rows[0] ?? null
}

/** These versions, in the order of their names. */
export async function readRuleSets(client: SqlClient, versions: Readonly<Record<string, number>>): Promise<RuleSet[]> {
  const { rows } = await client.query<RuleSet>(
    `select ${COLUMNS} from rule_sets
     where (name, version) in (select * from unnest($1::text[], $2::integer[])) order by name`,
    [Object.keys(versions), Object.values(versions)],
  )
  return rows
}

/** Writes the next version of a rule set. Changes are held locked. */
export async function insertRuleSet(
  client: SqlClient,
  set: Pick<RuleSet, 'name' | 'status' | 'description' | 'model' | 'examples' | 'createdAt' | 'createdBy'>,
): Promise<RuleSet> {
  const { rows } = await client.query<RuleSet>(
    `insert into rule_sets (name, version, status, description, model, examples, created_at, created_by)
     select $1, (select coalesce(max(version), 0) + 1 from rule_sets where name = $1), $2, $3, $4, $5, $6, $7
     returning ${COLUMNS}`,
    [
      set.name,
      set.status,
      set.description,
      JSON.stringify(set.model),
      JSON.stringify(set.examples),
      set.createdAt,
      set.createdBy,
    ],
  )
  return rows[0] as RuleSet // One row is inserted, or the statement throws.
}

/** Writes where a version stands in its life. */
export async function updateRuleSet(
  client: SqlClient,
  { name, version, status, shadow, proposedBy }: Pick<RuleSet, 'name' | 'version' | 'status' | 'shadow' | 'proposedBy'>,
): Promise<void> {
  await client.query(
    'update rule_sets set status = $3, shadow = $4, proposed_by = $5 where name = $1 and version = $2',
    [name, version, status, shadow, proposedBy],
  )
}

export interface RuleChange {
  readonly action: RuleChangeAction
  readonly actor: string
  readonly at: Date
}

export interface ChangedVersion {
  readonly subject: 'rule-set' | 'list'
  readonly name: string
  readonly version: number
}

/** Keeps who did what, and tells other domains. */
export async function recordChange(
  client: SqlClient,
  { subject, name, version, action, actor, at }: RuleChange & ChangedVersion,
): Promise<void> {
  await client.query(
    'insert into rule_changes (subject, name, version, action, actor, at) values ($1, $2, $3, $4, $5, $6)',
    [subject, name, version, action, actor, at],
  )
  const type = subject === 'list' ? 'rules.list-changed' : 'rules.rule-set-changed'
  await enqueueEvents(client, [
    { topic: 'rules.decisions', key: `${subject}:${name}`, type, data: { name, version, action, actor } },
  ])
}

/** Who did what to a version, newest first. */
export async function changesOf(client: SqlClient, { subject, name, version }: ChangedVersion): Promise<RuleChange[]> {
  const { rows } = await client.query<RuleChange>(
    `select action, actor, at from rule_changes where subject = $1 and name = $2 and version = $3 order by id desc`,
    [subject, name, version],
  )
  return rows
}
