import { allMetrics, prometheusText } from '@corridor/platform'
import { describe, expect, it } from 'vitest'
import { countClient } from './client-metrics.ts'

const headersOf = (name: string, version: string) => ({
  'apollographql-client-name': name,
  'apollographql-client-version': version,
})

describe('clients', () => {
  it('are counted by name and version', () => {
    countClient(headersOf('corridor-web', '1.2.0'))
    countClient({})
    const text = prometheusText('router')
    expect(text).toContain('client="corridor-web",version="1.2.0"} 1')
    expect(text).toContain('client="none",version="none"} 1')
  })

  it('cannot make a series each, nor write what they like', () => {
    for (let index = 0; index < 3_000; index += 1) countClient(headersOf(`made-up-${index}`, `${index % 170}.0`))
    countClient(headersOf('ada@example.org and "more"', 'x'.repeat(500)))
    const metric = allMetrics().find(({ options }) => options.name === 'corridor.graphql.client.requests')
    expect([...(metric?.all() ?? [])].length).toBeLessThanOrEqual(31 * 51)
    expect(prometheusText('router')).not.toMatch(/ada@example|xxxx/)
  })
})
