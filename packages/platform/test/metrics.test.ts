import { describe, expect, it } from 'vitest'
import {
  allMetrics,
  counter,
  gauge,
  histogram,
  MAX_SERIES,
  OTHER,
  onRead,
  prometheusName,
  prometheusText,
  readAll,
} from '../src/index.ts'

const postings = counter({
  name: 'corridor.test.postings',
  unit: '{posting}',
  description: 'Of this test.',
  attributes: { outcome: ['posted', 'refused'], code: { first: 3 } },
})
const delay = histogram({
  name: 'corridor.test.delay',
  unit: 's',
  description: 'Of this test.',
  bounds: [0.1, 1],
})
const share = gauge({ name: 'corridor.test.share', unit: '1', description: 'Of this test.', inStatus: true })

describe('a metric', () => {
  it('has no more series than its attributes allow, whatever comes in', () => {
    for (let index = 0; index < 5_000; index += 1) {
      postings.of({ outcome: `made up ${index}`, code: `made up ${index % 977}\n${index}` }).add()
    }
    const all = [...postings.all()]
    expect(all.length).toBeLessThanOrEqual(postings.bound)
    expect(postings.bound).toBe(12)
    expect(all.reduce((sum, { series }) => sum + series.value, 0)).toBe(5_000)
  })

  it('tells what it does not admit as other', () => {
    postings.of({ outcome: 'unknown', code: 'A' }).add()
    expect([...postings.all()].map(({ attributes }) => attributes.outcome)).toContain(OTHER)
  })

  it('is refused when it could have too many series, or is declared twice', () => {
    const attributes = { one: { first: 100 }, two: { first: 100 } }
    const options = { name: 'corridor.test.wide', unit: '1', description: 'Too wide.', attributes }
    expect(() => counter(options)).toThrow(`at most ${MAX_SERIES} series`)
    expect(() => counter({ name: 'corridor.test.postings', unit: '1', description: 'Again.' })).toThrow('once')
  })

  it('counts a value on a bound below it', () => {
    for (const value of [0.1, 0.5, 7]) delay.of({}).record(value)
    expect(delay.of({}).counts).toEqual([1, 1, 1])
  })
})

describe('in the text that Prometheus reads', () => {
  it('units are part of names, and a value breaks no line', () => {
    postings.of({ outcome: 'posted', code: 'a "quoted" \\ one' }).add(2)
    share.of({}).set(0.5)
    const text = prometheusText('ledger-service')
    expect(text).toContain('corridor_test_delay_seconds_bucket{service_name="ledger-service",le="1"} 2\n')
    expect(text).toContain('corridor_test_delay_seconds_count{service_name="ledger-service"} 3\n')
    expect(text).toContain('corridor_test_share_ratio{service_name="ledger-service"} 0.5\n')
    expect(text).toContain('# TYPE corridor_test_postings_total counter\n')
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) \w+ .+|\w+\{\w+="([^"\\\n]|\\.)*"(,\w+="([^"\\\n]|\\.)*")*\} [-+.\deInf]+)$/,
      )
    }
  })

  it('every metric of the platform package has a name of its own', () => {
    const names = allMetrics().map(prometheusName)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('a reader', () => {
  it('is asked when somebody looks; one that fails is counted, and holds up no other', async () => {
    const ends = [
      onRead({ name: 'failing', read: () => Promise.reject(new Error('away')) }),
      onRead({ name: 'working', read: () => share.of({}).set(0.75) }),
    ]
    await readAll()
    for (const end of ends) end()
    expect(share.of({}).value).toBe(0.75)
    expect(prometheusText('test')).toContain(
      'corridor_metrics_read_failures_total{service_name="test",reader="failing"} 1',
    )
  })
})
