import type { DownloadFormat } from './download.ts'
import { csvStatement } from './statement-csv.ts'
import { htmlStatement } from './statement-html.ts'
import { jsonLinesStatement } from './statement-json-lines.ts'
import type { StatementWriter } from './statement-row.ts'

/** How each format is written. */
export const STATEMENT_WRITERS: Readonly<Record<DownloadFormat, StatementWriter>> = {
  CSV: csvStatement,
  JSON_LINES: jsonLinesStatement,
  HTML: htmlStatement,
}
