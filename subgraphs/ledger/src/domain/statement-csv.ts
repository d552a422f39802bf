import { amountOf, type StatementRow, type StatementWriter } from './statement-row.ts'

const COLUMNS = [
  'account_id',
  'account_code',
  'currency',
  'row',
  'number',
  'at',
  'debit',
  'credit',
  'balance',
  'transfer_id',
  'journal_id',
  'description',
] as const

/** Comma-separated values as in RFC 4180. */
export const csvStatement: StatementWriter = {
  contentType: 'text/csv; charset=utf-8; header=present',
  extension: 'csv',
  inline: false,
  contentSecurityPolicy: null,
  begin: () => line(COLUMNS),
  write: (row) => line(fieldsOf(row)),
  end: () => '',
}

function fieldsOf(row: StatementRow): readonly string[] {
  const { account, at } = row
  const before = [account.id, account.code, account.currency, row.row]
  const balance = amountOf(row.balanceMinor, account)
  if (row.row === 'opening') return [...before, '', at.toISOString(), '', '', balance, '', '', '']
  if (row.row === 'closing') {
    const totals = [amountOf(row.debitsMinor, account), amountOf(row.creditsMinor, account)]
    return [...before, '', at.toISOString(), ...totals, balance, '', '', '']
  }
  const amount = amountOf(row.amountMinor, account)
  const sides = row.direction === 'DEBIT' ? [amount, ''] : ['', amount]
  const after = [row.transferId, row.journalId, inert(row.description ?? '')]
  return [...before, String(row.number), at.toISOString(), ...sides, balance, ...after]
}

const line = (fields: readonly string[]): string => `${fields.map(quoted).join(',')}\r\n`

const quoted = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)

/** What a spreadsheet would take for a formula (OWASP, "CSV Injection"), wide forms included. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/

/** Free text as a spreadsheet shows it and never runs it. Numbers of ours are left as they are. */
const inert = (text: string): string => (FORMULA.test(text) ? `'${text}` : text)
