import { readdirSync, readFileSync } from 'node:fs'
import { CustomerJourney, fetchToken } from '@corridor/embedded'
import { allMetrics, MAX_SERIES, prometheusName, prometheusText, readAll, startOperations } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../journey/platform.ts'

const OTEL = new URL('../../otel/', import.meta.url)
const METRIC = /\b(?:corridor|db_client|nodejs|process)_[a-z0-9_]+/g
/** These come with trouble, or with Kafka: it is enough that they are declared. */
const RARE = /^corridor_(consumer_lag|ledger_refusals|metrics_read_failures|payment_declines|subscription_closed)/

/** Every metric that a dashboard or an alert names, without what a histogram adds. */
function namedMetrics(): string[] {
  const dashboards = readdirSync(new URL('grafana/dashboards/', OTEL)).map((name) => `grafana/dashboards/${name}`)
  const text = ['prometheus/alerts.yaml', ...dashboards]
    .map((path) => readFileSync(new URL(path, OTEL), 'utf8'))
    .join('\n')
  const labels = allMetrics().flatMap(({ options }) => Object.keys(options.attributes ?? {}))
  const plain = new Set(labels.map((label) => label.replaceAll('.', '_')))
  const names = [...text.matchAll(METRIC)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''))
  return [...new Set(names)].filter((name) => !plain.has(name))
}

interface Report {
  readonly state: string
  readonly parts: { name: string; state: string; dependencies: { name: string; latencyMs: number }[] }[]
  readonly figures: { name: string; attributes: Record<string, string>; value: number }[]
}

const WAIT = { timeout: 60_000, interval: 500 }

let running: TestPlatform
let operations: Awaited<ReturnType<typeof startOperations>>
let journey: CustomerJourney
beforeAll(async () => {
  operations = await startOperations('platform', { OPERATIONS_PORT: 0, OPERATIONS_HOST: '127.0.0.1' })
  running = await startTestPlatform()
  journey = new CustomerJourney(await running.signIn('customer1'))
  const wallet = await journey.openWallet('USD', 'Travel')
  await journey.deposit(wallet, '10.00', 'USD')
})
afterAll(async () => {
  await running.stop()
  await operations.stop()
})

const status = async (user: string | null, accept = 'application/json') => {
  const token = user === null ? null : await fetchToken(running.platform.tokenUrl ?? '', user)
  return fetch(new URL('/status', running.platform.url), {
    headers: { accept, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
  })
}

describe('GET /status', () => {
  it('is for staff alone', async () => {
    expect((await status(null)).status).toBe(401)
    expect((await status('customer1')).status).toBe(403)
    for (const user of ['ops', 'finance', 'auditor']) expect((await status(user)).status).toBe(200)
  })

  it('shows every part with what it needs, lags, ages of rates and invariants', async () => {
    const { parts, figures } = await vi.waitFor(async () => {
      const report = (await (await status('ops')).json()) as Report // The shape that the next lines hold it to.
      expect(['up', 'degraded']).toContain(report.state) // A busy machine may be too slow to answer at first.
      return report
    }, WAIT)
    const names = parts.map(({ name }) => name)
    for (const name of ['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet']) {
      expect(names).toContain(`${name}-service`)
    }
    expect(names).toContain('payment-processor')
    const needed = parts.flatMap(({ dependencies }) => dependencies.map(({ name }) => name))
    for (const name of ['postgresql', 'reached by the router', 'loop relay:ledger', 'loop reconciler']) {
      expect(needed).toContain(name)
    }
    const age = figures.find(
      ({ name, attributes }) => name === 'corridor.forex.rate.age' && attributes.pair === 'EURUSD',
    )
    expect(age?.attributes.provider).toBe('simulated')
    expect(figures).toContainEqual(
      expect.objectContaining({ name: 'corridor.outbox.lag', attributes: { domain: 'ledger' } }),
    )
  })

  it('is a table in text and in HTML for who asks so', async () => {
    const text = await status('auditor', 'text/plain')
    expect(await text.text()).toMatch(/^(up|degraded|down) at .+\n\npart +state +needs/)
    const page = await status('auditor', 'text/html')
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(await page.text()).toContain('<td>ledger-service</td>')
  })
})

describe('the metrics of a running platform', () => {
  it('stay within their bound of series', () => {
    const all = allMetrics()
    expect(all.length).toBeGreaterThan(30)
    for (const metric of all) {
      expect(metric.bound).toBeLessThanOrEqual(MAX_SERIES)
      expect([...metric.all()].length).toBeLessThanOrEqual(metric.bound)
    }
  })

  it('do not grow with what clients call their operations', async () => {
    const { api } = journey
    const seriesNow = (): number =>
      allMetrics().reduce(
        (sum, metric) => (metric.options.name.includes('graphql') ? sum + [...metric.all()].length : sum),
        0,
      )
    await api.request('query First { me { id } }')
    const before = seriesNow()
    for (let index = 0; index < 30; index += 1) await api.request(`query Made${index}Up { alias${index}: me { id } }`)
    expect(seriesNow()).toBe(before)
  })

  it('tell of payments, postings, subgraphs and connections', async () => {
    await readAll()
    const text = prometheusText('platform')
    for (const sample of [
      /^corridor_payment_transitions_total\{.*status="COMPLETED".*\} [1-9]/m,
      /^corridor_ledger_journals_total\{.*outcome="posted".*\} [1-9]/m,
      /^corridor_ledger_lock_duration_seconds_count\{.*\} [1-9]/m,
      /^corridor_subgraph_request_duration_seconds_count\{.*subgraph="wallet",error_type="none"\} [1-9]/m,
      /^corridor_graphql_operation_duration_seconds_count\{.*graphql_root_field="deposit",outcome="ok"\} [1-9]/m,
      /^corridor_graphql_operation_database_duration_seconds_sum\{.*graphql_root_field="deposit"\} (0\.0*[1-9]|[1-9])/m,
      /^db_client_connection_count\{.*pool_name="ledger-service".*\} \d/m,
      /^db_client_operation_duration_seconds_count\{.*pool_name="ledger-service"\} [1-9]/m,
    ]) {
      expect(text).toMatch(sample)
    }
  })

  it('are all that dashboards and alerts ask for', async () => {
    await journey.api.send('{ rate(pair: "XXXYYY") { mid } }') // An error to be counted.
    await readAll()
    const text = prometheusText('platform')
    const declared = new Set(allMetrics().map((metric) => prometheusName(metric).replace(/_count$/, '')))
    const named = namedMetrics()
    expect(named.length).toBeGreaterThan(25)
    expect(named.filter((name) => !declared.has(name))).toEqual([])
    const silent = named.filter((name) => !RARE.test(name) && !new RegExp(`^${name}\\w*\\{`, 'm').test(text))
    expect(silent).toEqual([])
  })
})
