import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../src/root.ts'

type Components = Readonly<Record<string, unknown>>

interface Pipeline {
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
}

interface Collector {
  readonly receivers: Components
  readonly processors: Components & {
    readonly tail_sampling: { readonly policies: readonly { readonly type: string }[] }
  }
  readonly exporters: Components
  readonly extensions: Components
  readonly service: { readonly extensions: readonly string[]; readonly pipelines: Readonly<Record<string, Pipeline>> }
}

/** As the collector reads it (https://opentelemetry.io/docs/collector/configuration); held to it below. */
const collector = parse(readFileSync(join(ROOT, 'otel/collector.yaml'), 'utf8')) as Collector
const { pipelines } = collector.service

describe('the collector', () => {
  it('has every part that a pipeline names, and a use for every part that it has', () => {
    for (const kind of ['receivers', 'processors', 'exporters'] as const) {
      const used = new Set(Object.values(pipelines).flatMap((pipeline) => pipeline[kind]))
      expect([...used].sort()).toEqual(Object.keys(collector[kind]).sort())
    }
    expect(collector.service.extensions).toEqual(Object.keys(collector.extensions))
  })

  it('takes traces, metrics and logs by OTLP, bounds its memory before all else and batches at the end', () => {
    expect(Object.keys(pipelines).sort()).toEqual(['logs', 'metrics', 'traces'])
    for (const { receivers, processors } of Object.values(pipelines)) {
      expect(receivers).toEqual(['otlp'])
      expect([processors[0], processors.at(-1)]).toEqual(['memory_limiter', 'batch'])
    }
  })

  it('keeps every trace with an error and every slow one, and a share of the others', () => {
    expect(pipelines.traces?.processors).toContain('tail_sampling')
    const types = collector.processors.tail_sampling.policies.map(({ type }) => type)
    expect(types).toEqual(['status_code', 'latency', 'probabilistic'])
  })
})
