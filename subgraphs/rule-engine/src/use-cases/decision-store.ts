import { enqueueEvents } from '@corridor/events'
import type { SqlClient } from '@corridor/platform'
import { combine } from '../domain/decision.ts'
import type { LimitUse } from '../domain/limit-use.ts'
import { PERIODS, windowStart } from '../domain/windows.ts'
import type { Decision, FreshDecision } from './decide.ts'

/** As it lies in JSON: amounts are text. */
type StoredLimit = Record<keyof LimitUse, string> & Pick<LimitUse, 'period'>

interface DecisionRow extends Omit<Decision, 'limits'> {
  readonly limits: readonly StoredLimit[]
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

const toLimitUse = (stored: StoredLimit): LimitUse => ({
  ...stored,
  limitMinor: BigInt(stored.limitMinor),
  usedMinor: BigInt(stored.usedMinor),
})

const toStored = (use: LimitUse): StoredLimit => ({
  ...use,
  limitMinor: String(use.limitMinor),
  usedMinor: String(use.usedMinor),
})

/**
 * Writes decisions in one statement with what they reserve, then what shadows said of them, then their events. The
 * customers are held locked. No more is counted than what this statement reserves: a payment may have been given up by now.
 */
export async function writeDecisions(
  client: SqlClient,
  fresh: readonly FreshDecision[],
  { announce }: { announce: boolean },
): Promise<void> {
  const [first] = fresh
  if (!first) return
  const { decidedAt, prepared } = first.decision // One for the whole group.
  const decisions = fresh.map(({ decision }) => decision)
  const reserving = fresh.filter(({ reserves }) => reserves)
  const toNewCountry = reserving.filter(({ decision }) => decision.inputs.newDestination)
  await client.query({
    name: 'rules-write-decisions',
    text: WRITE_DECISIONS,
    values: [
      decisions.map(({ id }) => id),
      decisions.map(({ customerId }) => customerId),
      decisions.map(({ outcome }) => outcome),
      decisions.map(({ riskScore }) => riskScore),
      decisions.map(({ reasons }) => JSON.stringify(reasons)),
      decisions.map(({ limits }) => JSON.stringify(limits.map(toStored))),
      decisions.map(({ inputs }) => JSON.stringify(inputs)),
      JSON.stringify(first.decision.ruleSets),
      prepared,
      decidedAt,
      reserving.map(({ request }) => request.subjectId),
      reserving.map(({ request }) => request.customerId),
      reserving.map(({ request }) => request.amountUsdMinor),
      PERIODS,
      PERIODS.map((period) => windowStart(period, decidedAt)),
      toNewCountry.map(({ request }) => request.customerId),
      toNewCountry.map(({ decision }) => decision.inputs.destinationCountry),
    ],
  })
  if (!announce) return
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

const WRITE_DECISIONS = `
  with decided as (
    insert into decisions (id, customer_id, outcome, risk_score, reasons, limits, inputs, rule_sets, prepared, decided_at)
    select d.*, $8, $9, $10
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::smallint[], $5::jsonb[], $6::jsonb[], $7::jsonb[]) as d
  ), reserved as (
    insert into reservations (payment_id, customer_id, usd_minor, reserved_at)
    select r.*, $10 from unnest($11::uuid[], $12::uuid[], $13::bigint[]) as r
    on conflict (payment_id) do nothing
    returning customer_id, usd_minor
  ), counted as (
    insert into usage_windows as u (customer_id, period, starts_at, payments, usd_minor)
    select r.customer_id, w.period, w.starts_at, r.payments, r.usd_minor
    from (select customer_id, count(*)::integer as payments, sum(usd_minor)::bigint as usd_minor from reserved group by 1) r
      cross join unnest($14::text[], $15::timestamptz[]) as w (period, starts_at)
    on conflict (customer_id, period, starts_at)
      do update set payments = u.payments + excluded.payments, usd_minor = u.usd_minor + excluded.usd_minor
  )
  update risk_customers c set countries = c.countries || s.countries
  from (select customer_id, array_agg(country) as countries
        from unnest($16::uuid[], $17::text[]) as d (customer_id, country) group by 1) s
  where c.id = s.customer_id`

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
