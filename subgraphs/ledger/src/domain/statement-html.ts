import { hash } from 'node:crypto'
import { amountOf, type StatementPeriod, type StatementRow, type StatementWriter } from './statement-row.ts'

const STYLE = `
body { font: 10pt/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; color: #111 }
h1 { font-size: 16pt; margin: 0 }
h2 { font-size: 11pt; margin: 2rem 0 .5rem; break-after: avoid }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
thead { display: table-header-group }
th, td { padding: .2rem .4rem; text-align: left; vertical-align: top; border-bottom: 1px solid #ccc }
tr { break-inside: avoid }
td.amount, th.amount { text-align: right; white-space: nowrap }
tr.sum td { font-weight: 600; border-bottom: 2px solid #111 }
td small { color: #555; word-break: break-all }
@page { size: A4; margin: 16mm }
@media print { body { margin: 0; max-width: none } }
`

/** A page to be printed: no script, no picture, nothing from elsewhere. */
export const htmlStatement: StatementWriter = {
  contentType: 'text/html; charset=utf-8',
  extension: 'html',
  inline: true,
  contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  begin,
  write,
  end: () => '</body>\n</html>\n',
}

function begin({ from, to }: StatementPeriod): string {
  const title = 'Statement of account'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
<p>From ${instant(from)} to before ${instant(to)}. All times are UTC.</p>
`
}

function write(row: StatementRow): string {
  const { account, at } = row
  const balance = amountOf(row.balanceMinor, account)
  if (row.row === 'opening') {
    return `<h2>${escaped(account.code)} ${account.currency}, account ${account.id}</h2>
<table>
<thead><tr><th>No.</th><th>Time</th><th>What</th><th class="amount">Debit</th><th class="amount">Credit</th><th class="amount">Balance</th></tr></thead>
<tbody>
${cells('sum', ['', instant(at), 'Opening balance', '', '', balance])}`
  }
  if (row.row === 'closing') {
    const [debits, credits] = [amountOf(row.debitsMinor, account), amountOf(row.creditsMinor, account)]
    return `${cells('sum', ['', instant(at), 'Closing balance', debits, credits, balance])}</tbody>\n</table>\n`
  }
  const text = row.description === null ? '' : `${escaped(row.description)}<br>`
  const what = `${text}<small>${row.transferId}</small>`
  const amount = amountOf(row.amountMinor, account)
  const sides = row.direction === 'DEBIT' ? [amount, ''] : ['', amount]
  return cells('entry', [String(row.number), instant(at), what, ...sides, balance])
}

const FIRST_AMOUNT = 3

/** A row of the table; the values are HTML already. */
function cells(kind: 'sum' | 'entry', values: readonly string[]): string {
  const tds = values.map((value, n) => (n >= FIRST_AMOUNT ? `<td class="amount">${value}</td>` : `<td>${value}</td>`))
  return `<tr class="${kind}">${tds.join('')}</tr>\n`
}

const instant = (at: Date): string => at.toISOString().replace('T', ' ').replace('Z', '')

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
