import { formatAmount } from '@corridor/money'

export interface StatementAccount {
  readonly id: string
  readonly code: string
  readonly currency: string
}

/** A line of a statement. Amounts are in minor units of the account's currency, balances signed. */
export type StatementRow =
  | {
      readonly row: 'opening'
      readonly account: StatementAccount
      readonly at: Date
      readonly balanceMinor: bigint
    }
  | {
      readonly row: 'entry'
      readonly account: StatementAccount
      readonly at: Date
      readonly number: bigint
      readonly direction: 'DEBIT' | 'CREDIT'
      readonly amountMinor: bigint
      readonly balanceMinor: bigint
      readonly transferId: string
      readonly journalId: string
      readonly description: string | null
    }
  | {
      readonly row: 'closing'
      readonly account: StatementAccount
      readonly at: Date
      readonly balanceMinor: bigint
      readonly debitsMinor: bigint
      readonly creditsMinor: bigint
    }

export interface StatementPeriod {
  readonly from: Date
  readonly to: Date
}

/** Writes statements as text, a row at a time; of each account an opening row, its entries, a closing row. */
export interface StatementWriter {
  readonly contentType: string
  readonly extension: string
  /** A browser shows it; else it saves it. */
  readonly inline: boolean
  /** What of the page a browser may do; null for what is no page. */
  readonly contentSecurityPolicy: string | null
  begin(period: StatementPeriod): string
  write(row: StatementRow): string
  end(): string
}

export const amountOf = (amountMinor: bigint, { currency }: StatementAccount): string =>
  formatAmount({ amountMinor, currency })
