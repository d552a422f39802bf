import type { SqlClient } from '@corridor/platform'

export interface TrialBalanceRow {
  readonly currency: string
  readonly debitsMinor: bigint
  readonly creditsMinor: bigint
}

/** Per currency, the sum of all debit balances and of all credit balances; equal in books that balance. */
export async function trialBalance(client: SqlClient, at: Date | null): Promise<TrialBalanceRow[]> {
  const { rows } = await client.query<{ currency: string; debits: string; credits: string }>(
    at === null ? `${SUMS} from accounts ${GROUPED}` : `${SUMS} from (${BALANCES_AT}) as past ${GROUPED}`,
    at === null ? [] : [at],
  )
  return rows.map(({ currency, debits, credits }) => ({
    currency,
    debitsMinor: BigInt(debits),
    creditsMinor: BigInt(credits),
  }))
}

const SUMS = `select currency,
  coalesce(-sum(posted_minor) filter (where posted_minor < 0), 0)::text as debits,
  coalesce(sum(posted_minor) filter (where posted_minor > 0), 0)::text as credits`
const GROUPED = `group by currency order by currency`
const BALANCES_AT = `
  select a.currency, coalesce(e.balance_after_minor, 0) as posted_minor
  from accounts a
  left join entries e on e.account_id = a.id and e.number = (select entry_number_at(a.id, $1))`
