import { enqueueEvents } from '@corridor/events'
import type { Decimal } from '@corridor/money'
import {
  accept,
  type Caller,
  type Clock,
  inTransactionOrRefuse,
  invariant,
  type Pool,
  type Result,
  refuse,
  type SqlClient,
  uuidv7,
  type Wakeups,
} from '@corridor/platform'
import { baseOf, quoteOf } from '../domain/rate.ts'
import type { RateBook } from '../rate-book.ts'
import { wakeRates } from '../rates-channel.ts'
import { endOverride, lockStanding } from './end-overrides.ts'
import { lockRates, nextVersion, PUBLISH_CHANGED } from './publish-rates.ts'

const MAX_NOTE_LENGTH = 500

export interface OverrideRequest {
  readonly pair: string
  readonly mid: Decimal
  readonly note: string
  /** Null: until it is cleared. */
  readonly expiresAt: Date | null
}

/** Manual rates: they outrank providers until they are cleared or expire. */
export class RateOverrides {
  constructor(private readonly deps: { pool: Pool; wakeups: Wakeups; clock: Clock; book: RateBook }) {}

  /**
   * Sets a manual rate, in place of one that stands. Refuses BAD_USER_INPUT; FORBIDDEN while the caller holds an open
   * quote in the pair; CONFLICT while the opposite pair is overridden, since this rate follows from that one.
   */
  async override(caller: Caller, request: OverrideRequest): Promise<Result<null>> {
    const now = this.deps.clock.now()
    const problem = problemOf(request, now)
    if (problem) return problem
    const { pair } = request
    await this.deps.book.fresh()
    const versionFloor = this.deps.book.known(pair)?.version ?? 0n
    return await this.change(caller, pair, async (client, by) => {
      if (await lockStanding(client, quoteOf(pair) + baseOf(pair))) {
        return refuse('CONFLICT', `${quoteOf(pair) + baseOf(pair)} is overridden: clear that one first.`)
      }
      const standing = await lockStanding(client, pair)
      if (standing) {
        await client.query('update rate_overrides set ended_at = $2, ended_by = $3, in_history = false where id = $1', [
          standing.id,
          now,
          by,
        ])
      }
      await insertOverride(client, { ...request, by, now, versionFloor })
      return accept(null)
    })
  }

  /** Ends the manual rate of a pair: the newest that providers said is the rate again. Refuses NOT_FOUND and FORBIDDEN. */
  async clear(caller: Caller, pair: string): Promise<Result<null>> {
    return await this.change(caller, pair, async (client, by) => {
      const standing = await lockStanding(client, pair)
      if (!standing) return refuse('NOT_FOUND', `${pair} has no manual rate.`, 'pair')
      await endOverride(client, standing, { by, now: this.deps.clock.now() })
      return accept(null)
    })
  }

  private async change(
    caller: Caller,
    pair: string,
    work: (client: SqlClient, by: string) => Promise<Result<null>>,
  ): Promise<Result<null>> {
    const by = caller.subject ?? caller.clientId
    invariant(by !== null, 'a manual rate is somebody’s')
    const done = await inTransactionOrRefuse(this.deps.pool, async (client) => {
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`open-quotes:${by}`])
      await lockRates(client)
      if (caller.subject !== null && (await holdsOpenQuote(client, caller.subject, pair, this.deps.clock.now()))) {
        return refuse('FORBIDDEN', `You hold an open quote in ${pair}.`)
      }
      return await work(client, by)
    })
    if (!done.ok) return done
    wakeRates(this.deps.wakeups)
    await this.deps.book.reread()
    return done
  }
}

function problemOf({ mid, note, expiresAt }: OverrideRequest, now: Date) {
  if (mid.sign <= 0) return refuse('BAD_USER_INPUT', 'mid must be greater than zero.', 'mid')
  if (note.trim() === '' || note.length > MAX_NOTE_LENGTH) {
    return refuse('BAD_USER_INPUT', `note must be 1 to ${MAX_NOTE_LENGTH} characters.`, 'note')
  }
  if (expiresAt && expiresAt <= now) return refuse('BAD_USER_INPUT', 'expiresAt must be in the future.', 'expiresAt')
  return null
}

async function holdsOpenQuote(client: SqlClient, owner: string, pair: string, now: Date): Promise<boolean> {
  const { rows } = await client.query(
    `select 1 from fx_quotes where owner::text = $1 and payment_id is null and expires_at > $2
       and (from_currency, to_currency) in (($3, $4), ($4, $3)) limit 1`,
    [owner, now, baseOf(pair), quoteOf(pair)],
  )
  return rows.length > 0
}

async function insertOverride(
  client: SqlClient,
  { pair, mid, note, expiresAt, by, now, versionFloor }: OverrideRequest & OverrideContext,
): Promise<void> {
  const id = uuidv7()
  await client.query(
    `insert into rate_overrides (id, pair, mid, note, set_by, set_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [id, pair, mid.toString(), note, by, now, expiresAt],
  )
  await client.query(
    `with changed as (
       insert into current_rates as c
         (pair, bid, mid, ask, source, path, manual, version, observed_at, effective_at)
       values ($1, $2::numeric, $2::numeric, $2::numeric, 'manual', array[$1], true,
         greatest(${nextVersion('$1')}, $4::bigint + 1), $3, now())
       on conflict (pair) do update
         set bid = excluded.bid, mid = excluded.mid, ask = excluded.ask, source = excluded.source, path = excluded.path,
             manual = true, observed_at = excluded.observed_at, version = c.version + 1,
             effective_at = greatest(excluded.effective_at, c.effective_at)
       returning c.*
     ), ${PUBLISH_CHANGED}
     select pair from changed`,
    [pair, mid.toString(), now, versionFloor],
  )
  await enqueueEvents(client, [
    {
      topic: 'forex.rates',
      key: pair,
      type: 'override.set',
      data: { id, pair, mid: mid.toString(), by, expiresAt: expiresAt?.toISOString() ?? null },
    },
  ])
}

interface OverrideContext {
  readonly by: string
  readonly now: Date
  /** The version shown so far, also of a derived rate: the manual one is above it. */
  readonly versionFloor: bigint
}
