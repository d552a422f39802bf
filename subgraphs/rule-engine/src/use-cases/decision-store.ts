import { enqueueEvents } from '@corridor/events'
import type { SqlClient } from '@corridor/platform'
import type { LimitUse } from '../domain/decision.ts'
import { PERIODS, windowStart } from '../domain/windows.ts'
import type { Decision, FreshDecision } from './decide.ts'

interface DecisionRow extends Omit<Decision, 'limits'> {
  readonly limits: readonly { code: string; period: LimitUse['period']; limitMinor: string; usedMinor: string }[]
}

export async function readDecisions(client: SqlClient, ids: readonly string[]): Promise<Map<string, Decision>> {
  const { rows } = await client.query<DecisionRow>({
    name: 'rules-read-decisions',
    text: `select id, prepared, customer_id as "customerId", outcome, risk_score as "riskScore", reasons, limits, inputs,
                  rule_sets as "ruleSets", decided_at as "decidedAt"
           from decisions where id = any($1::uuid[])`,
    values: [ids],
  })
  return new Map(rows.map((row) => [row.id, { ...row, limits: row.limits.map(toLimitUse) }]))
}

const toLimitUse = (stored: DecisionRow['limits'][number]): LimitUse => ({
  ...stored,
  limitMinor: BigInt(stored.limitMinor),
  usedMinor: BigInt(stored.usedMinor),
})

/** Writes decisions with their events, and counts what they reserve. The customers are held locked. */
export async function writeDecisions(
  client: SqlClient,
  fresh: readonly FreshDecision[],
  { reserve }: { reserve: boolean },
): Promise<void> {
  if (fresh.length === 0) return
  const decisions = fresh.map(({ decision }) => decision)
  await client.query({
    name: 'rules-write-decisions',
    text: `insert into decisions (id, prepared, customer_id, outcome, risk_score, reasons, limits, inputs, rule_sets, decided_at)
           select * from unnest($1::uuid[], $2::boolean[], $3::uuid[], $4::text[], $5::smallint[], $6::jsonb[], $7::jsonb[],
                                $8::jsonb[], $9::jsonb[], $10::timestamptz[])`,
    values: [
      decisions.map(({ id }) => id),
      decisions.map(({ prepared }) => prepared),
      decisions.map(({ customerId }) => customerId),
      decisions.map(({ outcome }) => outcome),
      decisions.map(({ riskScore }) => riskScore),
      decisions.map(({ reasons }) => JSON.stringify(reasons)),
      decisions.map(({ limits }) =>
        JSON.stringify(limits, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
      ),
      decisions.map(({ inputs }) => JSON.stringify(inputs)),
      decisions.map(({ ruleSets }) => JSON.stringify(ruleSets)),
      decisions.map(({ decidedAt }) => decidedAt),
    ],
  })
  if (!reserve) return
  await reservePayments(
    client,
    fresh.filter(({ reserves }) => reserves),
  )
  await enqueueEvents(
    client,
    decisions.map(({ id, customerId, outcome, riskScore, reasons }) => ({
      topic: 'rules.decisions',
      key: id,
      type: 'rules.decided',
      data: { paymentId: id, customerId, outcome, riskScore, codes: reasons.map(({ code }) => code) },
    })),
  )
}

async function reservePayments(client: SqlClient, reserving: readonly FreshDecision[]): Promise<void> {
  if (reserving.length === 0) return
  const windows = new Map<
    string,
    { customerId: string; period: string; startsAt: Date; payments: number; usdMinor: bigint }
  >()
  for (const { decision, request } of reserving) {
    for (const period of PERIODS) {
      const startsAt = windowStart(period, decision.decidedAt)
      const key = `${request.customerId} ${period}`
      const window = windows.get(key) ?? { customerId: request.customerId, period, startsAt, payments: 0, usdMinor: 0n }
      windows.set(key, { ...window, payments: window.payments + 1, usdMinor: window.usdMinor + request.amountUsdMinor })
    }
  }
  const added = [...windows.values()]
  await client.query({
    name: 'rules-reserve',
    text: `with reserved as (
             insert into reservations (payment_id, customer_id, usd_minor, reserved_at)
             select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[])
           ), counted as (
             insert into usage_windows as u (customer_id, period, starts_at, payments, usd_minor)
             select * from unnest($5::uuid[], $6::text[], $7::timestamptz[], $8::integer[], $9::bigint[])
             on conflict (customer_id, period, starts_at)
               do update set payments = u.payments + excluded.payments, usd_minor = u.usd_minor + excluded.usd_minor
           )
           update risk_customers c set countries = array(select distinct unnest(c.countries || s.countries) order by 1)
           from (select customer_id, array_agg(distinct country) as countries
                 from unnest($2::uuid[], $10::text[]) as d (customer_id, country) where country is not null group by 1) s
           where c.id = s.customer_id and not c.countries @> s.countries`,
    values: [
      reserving.map(({ request }) => request.subjectId),
      reserving.map(({ request }) => request.customerId),
      reserving.map(({ request }) => request.amountUsdMinor),
      reserving.map(({ decision }) => decision.decidedAt),
      added.map(({ customerId }) => customerId),
      added.map(({ period }) => period),
      added.map(({ startsAt }) => startsAt),
      added.map(({ payments }) => payments),
      added.map(({ usdMinor }) => usdMinor),
      reserving.map(({ request }) => request.destinationCountry),
    ],
  })
}
