import type { SqlClient } from '@corridor/platform'
import type { AmountBounds } from '../domain/amount-bounds.ts'
import type { PaymentKind } from '../domain/decision.ts'
import { type DecisionInput, localHour, toSafeNumber, type WindowUse } from '../domain/decision-input.ts'
import { PERIODS, type Period, windowStart } from '../domain/windows.ts'
import { listsHolding, type RiskLists } from './risk-list-store.ts'

export interface RiskCustomer {
  readonly id: string
  readonly known: boolean
  readonly kycStatus: string | null
  readonly kycLevel: string | null
  readonly country: string | null
  readonly timeZone: string | null
  readonly screening: { readonly match?: boolean; readonly score?: number } | null
  /** Where he has sent money before. */
  readonly countries: readonly string[]
}

/** Count and volume per window of one customer, changed in memory while a group is decided. */
export type Usage = Map<Period, { payments: number; usdMinor: bigint }>

const COLUMNS = `id, known, kyc_status as "kycStatus", kyc_level as "kycLevel", country, time_zone as "timeZone", screening, countries`

/** Locks the customers in id order, making a row for one of whom nothing is known: payments of one are decided in turn. */
export async function lockCustomers(client: SqlClient, ids: readonly string[]): Promise<Map<string, RiskCustomer>> {
  const distinct = [...new Set(ids)].sort()
  const lock = async (): Promise<Map<string, RiskCustomer>> => {
    const { rows } = await client.query<RiskCustomer>({
      name: 'rules-lock-customers',
      text: `select ${COLUMNS} from risk_customers where id = any($1::uuid[]) order by id for update`,
      values: [distinct],
    })
    return new Map(rows.map((row) => [row.id, row]))
  }
  const locked = await lock()
  if (locked.size === distinct.length) return locked
  await client.query({
    name: 'rules-make-customers',
    text: 'insert into risk_customers (id) select unnest($1::uuid[]) on conflict do nothing',
    values: [distinct.filter((id) => !locked.has(id))],
  })
  return await lock()
}

export async function readCustomer(client: SqlClient, id: string): Promise<RiskCustomer> {
  const { rows } = await client.query<RiskCustomer>(`select ${COLUMNS} from risk_customers where id = $1`, [id])
  return rows[0] ?? unknownCustomer(id)
}

const unknownCustomer = (id: string): RiskCustomer => ({
  id,
  known: false,
  kycStatus: null,
  kycLevel: null,
  country: null,
  timeZone: null,
  screening: null,
  countries: [],
})

/** What surrounds a group of payments, read at once: each question more is a way to the database and back. */
export interface GroupFacts {
  /** Payments that are decided already. */
  readonly decided: ReadonlySet<string>
  readonly usage: ReadonlyMap<string, Usage>
  /** Where those who are paid live. */
  readonly countries: ReadonlyMap<string, string>
}

interface FactsRow {
  readonly decided: readonly string[]
  readonly usage: readonly { customer: string; period: Period; payments: number; usd: string }[] | null
  readonly countries: Readonly<Record<string, string>> | null
}

/** Of payments, of their customers in the windows that hold `at`, and of those who are paid. */
export async function readFacts(
  client: SqlClient,
  {
    subjects,
    customers,
    counterparties,
    at,
  }: {
    readonly subjects: readonly string[]
    readonly customers: readonly string[]
    readonly counterparties: readonly string[]
    readonly at: Date
  },
): Promise<GroupFacts> {
  const { rows } = await client.query<FactsRow>({
    name: 'rules-facts',
    text: `select array(select id from decisions where id = any($1::uuid[])) as decided,
             (select json_agg(json_build_object('customer', customer_id, 'period', period, 'payments', payments,
                                                'usd', usd_minor::text))
              from usage_windows where customer_id = any($2::uuid[])
                and (period, starts_at) in (select * from unnest($3::text[], $4::timestamptz[]))) as usage,
             (select json_object_agg(id, country)
              from risk_customers where id = any($5::uuid[]) and country is not null) as countries`,
    values: [subjects, customers, PERIODS, PERIODS.map((period) => windowStart(period, at)), counterparties],
  })
  const [row] = rows
  const usage = new Map(customers.map((id): [string, Usage] => [id, new Map()]))
  for (const { customer, period, payments, usd } of row?.usage ?? []) {
    usage.get(customer)?.set(period, { payments, usdMinor: BigInt(usd) })
  }
  return { decided: new Set(row?.decided), usage, countries: new Map(Object.entries(row?.countries ?? {})) }
}

const kycLevelOf = ({ kycStatus, kycLevel }: RiskCustomer): 'NONE' | 'BASIC' | 'ENHANCED' =>
  kycStatus !== 'VERIFIED' ? 'NONE' : kycLevel === 'ENHANCED' ? 'ENHANCED' : 'BASIC'

export interface Circumstances {
  readonly kind: PaymentKind
  readonly amountUsdMinor: bigint
  readonly currency: string
  /** Where the money goes; where absent, the country of whoever is paid. */
  readonly destinationCountry: string | null
  readonly counterpartyId: string | null
  /** The wallets on both sides, where they are the platform's. */
  readonly fromAccountId: string | null
  readonly toAccountId: string | null
}

/** Everything a decision is made of, beside the payment itself. */
export interface Surroundings {
  readonly at: Date
  readonly bounds: AmountBounds
  readonly lists: RiskLists
  readonly counterpartyCountry: string | null
}

/** What the rules see of a payment and of whose it is. */
export function decisionInput(
  customer: RiskCustomer,
  usage: Usage,
  payment: Circumstances,
  { at, bounds, lists, counterpartyCountry }: Surroundings,
): DecisionInput {
  const window = (period: Period): WindowUse => {
    const used = usage.get(period)
    return { payments: used?.payments ?? 0, usdMinor: toSafeNumber(used?.usdMinor ?? 0n) }
  }
  const destinationCountry = payment.destinationCountry ?? counterpartyCountry
  return {
    kind: payment.kind,
    amountUsdMinor: toSafeNumber(payment.amountUsdMinor),
    currency: payment.currency,
    destinationCountry,
    newDestination: destinationCountry !== null && !customer.countries.includes(destinationCountry),
    counterparty: payment.counterpartyId !== null,
    customer: {
      known: customer.known,
      kycLevel: kycLevelOf(customer),
      country: customer.country,
      screeningMatch: customer.screening?.match === true,
      screeningScore: customer.screening?.score ?? 0,
    },
    listed: {
      destinationCountry: listsHolding(lists, 'COUNTRIES', [destinationCountry]),
      customerCountry: listsHolding(lists, 'COUNTRIES', [customer.country]),
      customer: listsHolding(lists, 'ACCOUNTS', [customer.id, payment.fromAccountId]),
      counterparty: listsHolding(lists, 'ACCOUNTS', [payment.counterpartyId, payment.toAccountId]),
    },
    listVersions: lists.versions,
    usage: { hour: window('HOUR'), day: window('DAY'), month: window('MONTH'), ever: window('EVER') },
    localHour: localHour(at, customer.timeZone),
    bounds,
  }
}
