import { inTransaction, type Pool, type SqlClient } from '@corridor/platform'
import { PERIODS } from '../domain/windows.ts'
import { lockCustomers } from './customers.ts'

export interface Rebuilt {
  readonly customers: number
  /** Windows whose numbers were others than their payments add up to. */
  readonly corrected: number
}

const CUSTOMERS_AT_ONCE = 200
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

/**
 * Counts anew, from what events said of each payment (`reservations`): reserved, counted, or released. Customers are locked a
 * few at a time, so that payments go on meanwhile; done again at any moment it changes nothing.
 */
export async function rebuildCounters(pool: Pool): Promise<Rebuilt> {
  let customers = 0
  let corrected = 0
  for (let after = BEFORE_ALL; ; ) {
    const { rows } = await pool.query<{ id: string }>(
      'select id from risk_customers where id > $1 order by id limit $2',
      [after, CUSTOMERS_AT_ONCE],
    )
    const last = rows.at(-1)
    if (!last) return { customers, corrected }
    const ids = rows.map(({ id }) => id)
    corrected += await inTransaction(pool, (client) => recount(client, ids))
    customers += ids.length
    after = last.id
  }
}

async function recount(client: SqlClient, ids: readonly string[]): Promise<number> {
  await lockCustomers(client, ids)
  const { rows } = await client.query<{ corrected: number }>(
    `with counts as (
       select r.customer_id, w.period, w.starts_at, count(*)::integer as payments, sum(r.usd_minor)::bigint as usd_minor
       from reservations r
         cross join lateral (select p.period, case p.period when 'EVER' then timestamptz 'epoch'
                                                            else date_trunc(p.period, r.reserved_at, 'UTC') end as starts_at
                             from unnest($2::text[]) as p (period)) w
       where r.customer_id = any($1::uuid[]) and r.state <> 'RELEASED'
       group by 1, 2, 3
     ), emptied as (
       delete from usage_windows u where u.customer_id = any($1::uuid[])
         and not exists (select 1 from counts c where (c.customer_id, c.period, c.starts_at) = (u.customer_id, u.period, u.starts_at))
       returning (payments, usd_minor) <> (0, 0) as wrong
     ), counted as (
       insert into usage_windows as u (customer_id, period, starts_at, payments, usd_minor)
       select customer_id, period, starts_at, payments, usd_minor from counts
       on conflict (customer_id, period, starts_at)
         do update set payments = excluded.payments, usd_minor = excluded.usd_minor
         where (u.payments, u.usd_minor) <> (excluded.payments, excluded.usd_minor)
       returning 1
     )
     select ((select count(*) from emptied where wrong) + (select count(*) from counted))::integer as corrected`,
    [ids, PERIODS],
  )
  return rows[0]?.corrected ?? 0
}
