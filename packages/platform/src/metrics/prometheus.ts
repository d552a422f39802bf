import { allMetrics, type Metric } from './registry.ts'
import { Histogram } from './series.ts'

/** Suffixes of units, as OpenTelemetry translates them for Prometheus. What is in braces has none. */
const UNIT_SUFFIX: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' }

/**
 * The name Prometheus knows a metric by (OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility"): the
 * same here as behind the collector.
 */
export function prometheusName({ kind, options: { name, unit } }: Pick<Metric, 'kind' | 'options'>): string {
  const ratio = unit === '1' && kind === 'gauge' ? '_ratio' : ''
  const suffix = UNIT_SUFFIX[unit] ?? ratio
  return `${plain(name)}${suffix}${kind === 'counter' ? '_total' : ''}`
}

/** All metrics of this process in Prometheus' text format, version 0.0.4. */
export function prometheusText(service: string): string {
  const lines: string[] = []
  for (const metric of allMetrics()) {
    const name = prometheusName(metric)
    const members = [...metric.all()]
    if (members.length === 0) continue
    lines.push(`# HELP ${name} ${escaped(metric.options.description)}`, `# TYPE ${name} ${metric.kind}`)
    for (const { attributes, series } of members) {
      const labels = labelsOf({ 'service.name': service, ...attributes })
      if (series instanceof Histogram) lines.push(...histogramLines(name, labels, series))
      else lines.push(`${name}{${labels}} ${series.value}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function histogramLines(name: string, labels: string, { bounds, counts, sum, count }: Histogram): string[] {
  let below = 0
  const buckets = bounds.map((bound, index) => {
    below += counts[index] ?? 0
    return `${name}_bucket{${labels},le="${bound}"} ${below}`
  })
  return [
    ...buckets,
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${sum}`,
    `${name}_count{${labels}} ${count}`,
  ]
}

const labelsOf = (attributes: Readonly<Record<string, string>>): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${plain(name)}="${escaped(value).replaceAll('"', '\\"')}"`)
    .join()

const plain = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_')
const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
