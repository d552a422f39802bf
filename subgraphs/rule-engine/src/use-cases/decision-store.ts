import { enqueueEvents } from '@corridor/events'
import type { SqlClient } from '@corridor/platform'
import { combine } from '../domain/decision.ts'
import type { LimitUse } from '../domain/limit-use.ts'
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

const minorAsText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

/**
 * Writes decisions, a statement per table: with their events, what they reserve, and what shadows said of them. The
 * customers are held locked.
 */
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
      decisions.map(({ limits }) => JSON.stringify(limits, minorAsText)),
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
  await writeShadows(client, fresh)
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

/** Counts what is reserved, and no more than what this statement reserves: a payment may have been given up by now. */
async function reservePayments(client: SqlClient, reserving: readonly FreshDecision[]): Promise<void> {
  const [first] = reserving
  if (!first) return
  const { decidedAt } = first.decision // One instant for the whole group.
  const toNewCountry = reserving.filter(({ decision }) => decision.inputs.newDestination)
  await client.query({
    name: 'rules-reserve',
    text: `with reserved as (
             insert into reservations (payment_id, customer_id, usd_minor, reserved_at)
             select payment_id, customer_id, usd_minor, $5
             from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as p (payment_id, customer_id, usd_minor)
             on conflict (payment_id) do nothing
             returning customer_id, usd_minor
           ), counted as (
             insert into usage_windows as u (customer_id, period, starts_at, payments, usd_minor)
             select r.customer_id, w.period, w.starts_at, r.payments, r.usd_minor
             from (select customer_id, count(*)::integer as payments, sum(usd_minor)::bigint as usd_minor
                   from reserved group by 1) r
               cross join unnest($6::text[], $7::timestamptz[]) as w (period, starts_at)
             on conflict (customer_id, period, starts_at)
               do update set payments = u.payments + excluded.payments, usd_minor = u.usd_minor + excluded.usd_minor
           )
           update risk_customers c set countries = c.countries || s.countries
           from (select customer_id, array_agg(country) as countries
                 from unnest($4::uuid[], $8::text[]) as d (customer_id, country) group by 1) s
           where c.id = s.customer_id`,
    values: [
      reserving.map(({ request }) => request.subjectId),
      reserving.map(({ request }) => request.customerId),
      reserving.map(({ request }) => request.amountUsdMinor),
      toNewCountry.map(({ request }) => request.customerId),
      decidedAt,
      PERIODS,
      PERIODS.map((period) => windowStart(period, decidedAt)),
      toNewCountry.map(({ decision }) => decision.inputs.destinationCountry),
    ],
  })
}

async function writeShadows(client: SqlClient, fresh: readonly FreshDecision[]): Promise<void> {
  const rows = fresh.flatMap(({ decision, shadows }) =>
    shadows.map(({ ruleSetName, ruleSetVersion, said }) => ({
      id: decision.id,
      ruleSetName,
      ruleSetVersion,
      verdict: 'reasons' in said ? combine(said.reasons) : null,
      failure: 'failure' in said ? said.failure : null,
    })),
  )
  if (rows.length === 0) return
  await client.query({
    name: 'rules-write-shadows',
    text: `insert into shadow_decisions (decision_id, rule_set_name, rule_set_version, outcome, risk_score, reasons, failure)
           select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::smallint[], $6::jsonb[], $7::text[])`,
    values: [
      rows.map(({ id }) => id),
      rows.map(({ ruleSetName }) => ruleSetName),
      rows.map(({ ruleSetVersion }) => ruleSetVersion),
      rows.map(({ verdict }) => verdict?.outcome ?? null),
      rows.map(({ verdict }) => verdict?.riskScore ?? null),
      rows.map(({ verdict }) => (verdict ? JSON.stringify(verdict.reasons) : null)),
      rows.map(({ failure }) => failure),
    ],
  })
}
