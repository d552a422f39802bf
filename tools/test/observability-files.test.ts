import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { DASHBOARDS, grafanaDashboard } from '../src/dashboards.ts'
import { ROOT } from '../src/root.ts'

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook: string }
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const { groups } = parse(read('otel/prometheus/alerts.yaml')) as { groups: { rules: Alert[] }[] } // Held to it below.
const alerts = groups.flatMap(({ rules }) => rules)

/** Whether every bracket is closed by its own kind; quotes hold none of theirs. */
function isBalanced(expression: string): boolean {
  const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }
  const open: (string | undefined)[] = []
  for (const char of expression.replace(/"[^"]*"/g, '')) {
    if (char in closing) open.push(closing[char])
    else if (')]}'.includes(char) && open.pop() !== char) return false
  }
  return open.length === 0
}

describe('the dashboards', () => {
  it.each(DASHBOARDS)('of $name are as they are defined', (dashboard) => {
    expect(read(`otel/grafana/dashboards/${dashboard.name}.json`)).toBe(grafanaDashboard(dashboard))
  })

  it('are those for the platform, payments, the ledger and forex', () => {
    const files = readdirSync(join(ROOT, 'otel/grafana/dashboards')).sort()
    expect(files).toEqual(['forex.json', 'ledger.json', 'payments.json', 'platform.json'])
  })

  it('ask in whole expressions', () => {
    for (const { charts } of DASHBOARDS) {
      for (const { queries } of charts) for (const [expression] of queries) expect(expression).toSatisfy(isBalanced)
    }
    expect('sum(rate(x[5m])').not.toSatisfy(isBalanced)
  })
})

describe('the alerts', () => {
  it.each(alerts)('$alert says what it is and what to do', ({ alert, expr, labels, annotations }) => {
    expect(alert).toMatch(/^[A-Z]\w+$/)
    expect(expr).toSatisfy(isBalanced)
    expect(['page', 'ticket']).toContain(labels.severity)
    expect(annotations.summary.length).toBeGreaterThan(10)
    expect(existsSync(join(ROOT, annotations.runbook))).toBe(true)
  })

  it('are each in one runbook, which says what it means, how to look and what to do', () => {
    const linked = alerts.map(({ annotations }) => annotations.runbook).sort()
    expect(linked).toEqual(readdirSync(join(ROOT, 'docs/runbooks')).map((name) => `docs/runbooks/${name}`))
    for (const path of linked) {
      expect(read(path).match(/^## .+$/gm)).toEqual(['## What it means', '## How to look', '## What to do'])
    }
  })
})
