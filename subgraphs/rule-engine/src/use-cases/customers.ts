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

export async function readCustomers(client: SqlClient, ids: readonly string[]): Promise<Map<string, RiskCustomer>> {
  if (ids.length === 0) return new Map()
  const { rows } = await client.query<RiskCustomer>({
    name: 'rules-read-customers',
    text: `select ${COLUMNS} from risk_customers where id = any($1::uuid[])`,
    values: [[...new Set(ids)]],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

export const unknownCustomer = (id: string): RiskCustomer => ({
  id,
  known: false,
  kycStatus: null,
  kycLevel: null,
  country: null,
  timeZone: null,
  screening: null,
  countries: [],
})

/** What the customers have used in the windows that hold `at`. */
export async function readUsage(client: SqlClient, ids: readonly string[], at: Date): Promise<Map<string, Usage>> {
  const distinct = [...new Set(ids)]
  const { rows } = await client.query<{ customer_id: string; period: Period; payments: number; usd_minor: bigint }>({
    name: 'rules-usage',
    text: `select customer_id, period, payments, usd_minor from usage_windows
           where customer_id = any($1::uuid[]) and (period, starts_at) in (select * from unnest($2::text[], $3::timestamptz[]))`,
    values: [distinct, PERIODS, PERIODS.map((period) => windowStart(period, at))],
  })
  const usage = new Map(distinct.map((id): [string, Usage] => [id, new Map()]))
  for (const row of rows) {
    usage.get(row.customer_id)?.set(row.period, { payments: row.payments, usdMinor: row.usd_minor })
  }
  return usage
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
