import { type Link, TraceFlags } from '@opentelemetry/api'
import { tracing } from '@opentelemetry/sdk-node'
import { ConfigError } from '../config.ts'

const PARENT = 'parentbased_'

export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio'

export const SAMPLER_NAMES: readonly SamplerName[] = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
]

/** Whether a span below one that is not recorded is recorded neither. */
export const isByParent = (name: SamplerName): boolean => name.startsWith(PARENT)

/**
 * Which traces are recorded, by OpenTelemetry's own variables. Work on a group begins a trace with links to its items: it is
 * recorded when one of theirs is, so that a recorded payment's way is never cut at a group.
 *
 * @param ratio the share of new traces, 0 to 1, as text
 * @throws ConfigError when the share is none
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function samplerOf(name: SamplerName, ratio: string | undefined): tracing.Sampler {
  if (!isByParent(name)) return rootSampler(name, ratio)
  return new tracing.ParentBasedSampler({ root: byLinks(rootSampler(name.slice(PARENT.length), ratio)) })
}

function rootSampler(name: string, ratio: string | undefined): tracing.Sampler {
  if (name === 'always_on') return new tracing.AlwaysOnSampler()
  if (name === 'always_off') return new tracing.AlwaysOffSampler()
  return new tracing.TraceIdRatioBasedSampler(ratioOf(ratio))
}

function byLinks(root: tracing.Sampler): tracing.Sampler {
  return {
    shouldSample(...args) {
      const links = args[5]
      if (links.length === 0) return root.shouldSample(...args)
      const { RECORD_AND_SAMPLED, NOT_RECORD } = tracing.SamplingDecision
      return { decision: links.some(isRecorded) ? RECORD_AND_SAMPLED : NOT_RECORD }
    },
    toString: () => `ByLinks{${root}}`,
  }
}

const isRecorded = ({ context: { traceFlags } }: Link): boolean => (traceFlags & TraceFlags.SAMPLED) !== 0

function ratioOf(text: string | undefined): number {
  const ratio = text === undefined ? 1 : Number(text)
  if (!(ratio >= 0 && ratio <= 1)) throw new ConfigError(['OTEL_TRACES_SAMPLER_ARG must be from 0 to 1'])
  return ratio
}
