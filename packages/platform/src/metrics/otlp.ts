import { ValueType } from '@opentelemetry/api'
import { metrics, resources } from '@opentelemetry/sdk-node'
import { readAll } from './readers.ts'
import { allMetrics, type Metric } from './registry.ts'
import { Histogram } from './series.ts'

type Time = metrics.DataPoint<number>['startTime']

/** All metrics of this process, for a reader of OpenTelemetry's SDK, which exports them with its own. */
export function metricProducer(): metrics.MetricProducer {
  const startTime = timeOf(Date.now())
  return {
    async collect() {
      await readAll()
      const times = { startTime, endTime: timeOf(Date.now()) }
      const collected = allMetrics().flatMap((metric) => dataOf(metric, times))
      const scopeMetrics = [{ scope: { name: 'corridor' }, metrics: collected }]
      return { resourceMetrics: { resource: resources.emptyResource(), scopeMetrics }, errors: [] }
    },
  }
}

function dataOf(metric: Metric, times: { startTime: Time; endTime: Time }): metrics.MetricData[] {
  const { name, description, unit } = metric.options
  const members = [...metric.all()]
  if (members.length === 0) return []
  const shared = {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE, advice: {} },
    aggregationTemporality: metrics.AggregationTemporality.CUMULATIVE,
  }
  if (metric.kind === 'histogram') {
    const dataPoints = members.flatMap(({ attributes, series }) =>
      series instanceof Histogram ? [{ ...times, attributes, value: histogramOf(series) }] : [],
    )
    return [{ ...shared, dataPointType: metrics.DataPointType.HISTOGRAM, dataPoints }]
  }
  const dataPoints = members.flatMap(({ attributes, series }) =>
    series instanceof Histogram ? [] : [{ ...times, attributes, value: series.value }],
  )
  return metric.kind === 'counter'
    ? [{ ...shared, dataPointType: metrics.DataPointType.SUM, dataPoints, isMonotonic: true }]
    : [{ ...shared, dataPointType: metrics.DataPointType.GAUGE, dataPoints }]
}

const histogramOf = ({ bounds, counts, sum, count }: Histogram): metrics.Histogram => ({
  buckets: { boundaries: [...bounds], counts: [...counts] },
  sum,
  count,
})

const timeOf = (ms: number): Time => [Math.floor(ms / 1_000), (ms % 1_000) * 1e6]
