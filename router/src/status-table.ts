import type { PartState } from '@corridor/platform'
import type { PlatformStatus } from './status.ts'

type Row = readonly string[]

const PARTS: Row = ['part', 'state', 'needs', 'latency', 'detail']
const FIGURES: Row = ['figure', 'of', 'value']
const SECONDS = 's'

/** The status as a table for people, in text. */
export function statusText(status: PlatformStatus): string {
  return `${status.state} at ${status.at}\n\n${table([PARTS, ...partRows(status)])}\n\n${table([FIGURES, ...figureRows(status)])}\n`
}

/** The same as a page. */
export function statusHtml(status: PlatformStatus): string {
  const head = '<meta charset="utf-8"><title>Status</title>'
  return `<!doctype html><html lang="en"><head>${head}</head><body><h1>${status.state}</h1><p>${status.at}</p>${htmlTable(
    [PARTS, ...partRows(status)],
  )}${htmlTable([FIGURES, ...figureRows(status)])}</body></html>`
}

function partRows({ parts }: PlatformStatus): Row[] {
  return parts.flatMap(({ name, state, dependencies }: PartState) =>
    dependencies.length === 0
      ? [[name, state, '', '', '']]
      : dependencies.map((needed, index) => [
          index === 0 ? name : '',
          index === 0 ? state : '',
          needed.ok && !needed.degraded ? needed.name : `${needed.name}: ${needed.ok ? 'degraded' : 'down'}`,
          `${needed.latencyMs} ms`,
          needed.detail ?? '',
        ]),
  )
}

function figureRows({ figures }: PlatformStatus): Row[] {
  return figures.map(({ name, attributes, unit, value }) => [
    name,
    Object.values(attributes).join(' '),
    unit === SECONDS ? `${value.toFixed(3)} s` : String(value),
  ])
}

function table(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const htmlTable = ([head = [], ...rows]: readonly Row[]): string =>
  `<table><thead>${htmlRow('th', head)}</thead><tbody>${rows.map((row) => htmlRow('td', row)).join('')}</tbody></table>`

const htmlRow = (tag: 'th' | 'td', row: Row): string =>
  `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`

const escaped = (text: string): string => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
