import type { Pool } from '@corridor/platform'
import type { HouseAccount } from './journal-input.ts'

/** Accounts of the house, made when they are first used and remembered, since they are never removed. */
export class HouseAccounts {
  private readonly known = new Set<string>()

  constructor(private readonly pool: Pool) {}

  async ensure(accounts: readonly HouseAccount[]): Promise<void> {
    const missing = new Map(accounts.filter(({ id }) => !this.known.has(id)).map((account) => [account.id, account]))
    if (missing.size === 0) return
    const rows = [...missing.values()]
    await this.pool.query(
      `insert into accounts (id, code, currency) select * from unnest($1::uuid[], $2::text[], $3::text[]) order by 1
       on conflict do nothing`,
      [rows.map(({ id }) => id), rows.map(({ code }) => code), rows.map(({ currency }) => currency)],
    )
    for (const id of missing.keys()) this.known.add(id)
  }
}
