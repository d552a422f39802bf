import { invariant } from '../errors.ts'
import { Counter, Gauge, Histogram } from './series.ts'

/** The values an attribute may take: those of a list, or the first so many that come. All others are `OTHER`. */
export type Values = readonly string[] | { readonly first: number }

export interface MetricOptions<Attribute extends string> {
  /** As OpenTelemetry names it where it does, else under `corridor.`. */
  readonly name: string
  /** Of UCUM: `s`, `By`, `1`, or what is counted in braces. */
  readonly unit: string
  readonly description: string
  readonly attributes?: Readonly<Record<Attribute, Values>>
  /** Whether `GET /status` shows it. */
  readonly inStatus?: boolean
}

export type Attributes<Attribute extends string> = Readonly<Record<Attribute, string>>
export type Kind = 'counter' | 'gauge' | 'histogram'

interface Member<Series> {
  readonly attributes: Readonly<Record<string, string>>
  readonly series: Series
}

/** What stands for every value beyond those that an attribute may take. */
export const OTHER = 'other'
/** No metric of ours may have more series than this, whatever comes in. */
export const MAX_SERIES = 2_000
const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/

/** All series of one metric. Their number is bounded by what its attributes may be. */
export class Metric<Attribute extends string = string, Series = Counter | Gauge | Histogram> {
  private readonly members = new Map<string, Member<Series>>()
  private readonly allowed: readonly (readonly [Attribute, AllowedValues])[]
  /** The most series that there can be. */
  readonly bound: number

  constructor(
    readonly kind: Kind,
    readonly options: MetricOptions<Attribute>,
    private readonly create: () => Series,
  ) {
    const entries = Object.entries<Values>(options.attributes ?? {}) as [Attribute, Values][] // Its own keys.
    this.allowed = entries.map(([name, values]) => [name, new AllowedValues(values)])
    this.bound = this.allowed.reduce((product, [, { size }]) => product * (size + 1), 1)
    invariant(NAME.test(options.name), `the metric ${options.name} is named in words and dots`)
    invariant(this.bound <= MAX_SERIES, `the metric ${options.name} has at most ${MAX_SERIES} series`)
  }

  /** The series of these values; keep it where it is used often. */
  of(attributes: Attributes<Attribute>): Series {
    let key = ''
    for (const [name, values] of this.allowed) key += `${values.admit(attributes[name])}\n`
    const known = this.members.get(key)
    if (known) return known.series
    const parts = key.split('\n')
    const named = Object.fromEntries(this.allowed.map(([name], index) => [name, parts[index] ?? OTHER]))
    const member = { attributes: named, series: this.create() }
    this.members.set(key, member)
    return member.series
  }

  /** Takes all series away, before those that there are now are told anew. */
  clear(): void {
    this.members.clear()
  }

  all(): Iterable<Member<Series>> {
    return this.members.values()
  }
}

class AllowedValues {
  private readonly known: Set<string>
  readonly size: number

  constructor(values: Values) {
    this.known = new Set('first' in values ? [] : values)
    this.size = 'first' in values ? values.first : this.known.size
  }

  admit(value: string): string {
    if (this.known.has(value)) return value
    if (this.known.size >= this.size || value.includes('\n')) return OTHER
    this.known.add(value)
    return value
  }
}

const metrics = new Map<string, Metric>()

/** All metrics that the modules of this process have declared. */
export const allMetrics = (): readonly Metric[] => [...metrics.values()]

function declare<Attribute extends string, Series extends Counter | Gauge | Histogram>(
  kind: Kind,
  options: MetricOptions<Attribute>,
  create: () => Series,
): Metric<Attribute, Series> {
  const { name } = options
  invariant(!metrics.has(name), `the metric ${name} is declared once`)
  const metric = new Metric<Attribute, Series>(kind, options, create)
  metrics.set(name, metric as unknown as Metric) // Its attributes are names; who lists all metrics reads only.
  return metric
}

/** Declares what only rises. At the top of a module: a name is declared once per process. */
export const counter = <Attribute extends string = never>(options: MetricOptions<Attribute>) =>
  declare('counter', options, () => new Counter())

export const gauge = <Attribute extends string = never>(options: MetricOptions<Attribute>) =>
  declare('gauge', options, () => new Gauge())

export const histogram = <Attribute extends string = never>(
  options: MetricOptions<Attribute> & { readonly bounds: readonly number[] },
) => declare('histogram', options, () => new Histogram(options.bounds))
