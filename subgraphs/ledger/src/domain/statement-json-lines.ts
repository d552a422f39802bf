import { amountOf, type StatementRow, type StatementWriter } from './statement-row.ts'

/** One JSON object a line; amounts are decimal texts. */
export const jsonLinesStatement: StatementWriter = {
  contentType: 'application/jsonl; charset=utf-8',
  extension: 'jsonl',
  inline: false,
  contentSecurityPolicy: null,
  begin: () => '',
  write: (row) => `${JSON.stringify(objectOf(row))}\n`,
  end: () => '',
}

function objectOf(row: StatementRow): Readonly<Record<string, string | null>> {
  const { account, at } = row
  const { id: accountId, code: accountCode, currency } = account
  const common = { row: row.row, accountId, accountCode, currency, at: at.toISOString() }
  const balance = amountOf(row.balanceMinor, account)
  if (row.row === 'opening') return { ...common, balance }
  if (row.row === 'closing') {
    const { debitsMinor, creditsMinor } = row
    return { ...common, debits: amountOf(debitsMinor, account), credits: amountOf(creditsMinor, account), balance }
  }
  const { number, direction, amountMinor, transferId, journalId, description } = row
  const amount = amountOf(amountMinor, account)
  return { ...common, number: String(number), direction, amount, balance, transferId, journalId, description }
}
