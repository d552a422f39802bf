import { enqueueEvents, type NewEvent, queueChannel } from '@corridor/events'
import {
  type Clock,
  inTransaction,
  type Logger,
  type Pool,
  type SqlClient,
  uuidv7,
  type Wakeups,
} from '@corridor/platform'
import { tellInvariants } from '../ledger-metrics.ts'
import { statusEvent } from './accounts.ts'
import { checkInvariants, type FoundInvariant, type InvariantCheck } from './check-invariants.ts'

export interface ReconcileDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
}

/** What follows from a round of checks, all of it in one transaction. */
interface Consequences {
  readonly found: readonly FoundInvariant[]
  readonly ended: readonly string[]
  readonly frozen: readonly string[]
}

/**
 * Checks the books and acts on what a second look confirmed: freezes the customers' accounts that a breach names, never
 * one of the house, tells of each breach and of its end by an event, and logs an error as long as it lasts.
 */
export async function reconcileBooks(deps: ReconcileDeps): Promise<readonly InvariantCheck[]> {
  const checks = await checkInvariants(deps)
  const { pool, clock, logger, wakeups } = deps
  tellInvariants(checks)
  const { found, ended, frozen } = await inTransaction(pool, (client) => act(client, checks, clock.now()))
  for (const { name, detail } of checks.filter(({ holds }) => !holds)) {
    const isNew = found.some((breach) => breach.name === name)
    logger.error({ alert: 'ledger.invariant_breached', invariant: name, detail, isNew }, 'the books are broken')
  }
  if (frozen.length > 0) logger.error({ alert: 'ledger.accounts_frozen', accounts: frozen }, 'accounts were frozen')
  for (const name of ended) logger.warn({ invariant: name }, 'an invariant of the books holds again')
  if (found.length + ended.length + frozen.length > 0) wakeups.wake(queueChannel('ledger'))
  return checks
}

async function act(client: SqlClient, checks: readonly FoundInvariant[], now: Date): Promise<Consequences> {
  const broken = checks.filter(({ holds }) => !holds)
  const ended = await endBreaches(client, { names: checks.filter(({ holds }) => holds).map(({ name }) => name), now })
  if (broken.length === 0) {
    await enqueueEvents(client, ended.map(restored))
    return { found: [], ended, frozen: [] }
  }
  const isNew = await openBreaches(client, broken, now)
  const found = broken.filter(({ name }) => isNew.has(name))
  const frozen = await freezeCustomers(client, [...new Set(broken.flatMap(({ accountIds }) => accountIds))])
  await enqueueEvents(client, [
    ...found.map(breached),
    ...ended.map(restored),
    ...frozen.map((account) => statusEvent({ ...account, status: 'FROZEN' })),
  ])
  return { found, ended, frozen: frozen.map(({ id }) => id) }
}

async function openBreaches(
  client: SqlClient,
  broken: readonly FoundInvariant[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `insert into invariant_breaches (id, name, detail, found_at)
     select id, name, detail, $4 from unnest($1::uuid[], $2::text[], $3::text[]) as b (id, name, detail)
     on conflict (name) where ended_at is null do nothing
     returning name`,
    [broken.map(() => uuidv7()), broken.map(({ name }) => name), broken.map(({ detail }) => detail), now],
  )
  return new Set(rows.map(({ name }) => name))
}

async function endBreaches(
  client: SqlClient,
  { names, now }: { names: readonly string[]; now: Date },
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'update invariant_breaches set ended_at = $2 where name = any($1::text[]) and ended_at is null returning name',
    [names, now],
  )
  return rows.map(({ name }) => name)
}

interface FrozenAccount {
  readonly id: string
  readonly version: bigint
  readonly currency: string
  readonly postedMinor: bigint
  readonly heldMinor: bigint
}

/** Locks in id order, as a posting does. */
async function freezeCustomers(client: SqlClient, ids: readonly string[]): Promise<FrozenAccount[]> {
  const { rows } = await client.query<FrozenAccount>(
    `with locked as (
       select id from accounts where id = any($1::uuid[]) and owner is not null and status = 'OPEN'
       order by id for no key update
     )
     update accounts a set status = 'FROZEN', version = a.version + 1 from locked where a.id = locked.id
     returning a.id, a.version, a.currency, a.posted_minor as "postedMinor", a.held_minor as "heldMinor"`,
    [ids],
  )
  return rows
}

/** On the topic of blocks, which is about whether the books can be trusted; events of one invariant are in order. */
const breached = ({ name, detail, checkedAt }: FoundInvariant): NewEvent => ({
  topic: 'ledger.blocks',
  key: name,
  type: 'ledger.invariant_breached',
  data: { invariant: name, detail, checkedAt: checkedAt.toISOString() },
})

const restored = (name: string): NewEvent => ({
  topic: 'ledger.blocks',
  key: name,
  type: 'ledger.invariant_restored',
  data: { invariant: name },
})
