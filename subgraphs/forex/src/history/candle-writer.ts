import { Fault } from '@corridor/platform'
import {
  CANDLE_INTERVALS,
  type Candle,
  type CandleInterval,
  INTERVAL_MS,
  openTimeOf,
  withTick,
} from '../domain/candle.ts'
import type { Tick } from '../domain/rate.ts'
import { type CandleItem, type CandleItems, nameOf, type Span, spanOf, startOf } from './candle-items.ts'
import { eachOf } from './each-of.ts'
import { type TickItems, tickKeyOf } from './tick-items.ts'

const MAX_ATTEMPTS = 10
const EMPTY: CandleItem = { candles: new Map(), revision: 0, upTo: '' }

/** The ticks of one span, in the order of their keys, and what stands of its candles. */
interface Work {
  readonly span: Span
  readonly ticks: Tick[]
  item: CandleItem
  /** Candles that cannot be added to: they are made again from their ticks. */
  readonly again: Set<number>
}

/**
 * Keeps ticks and their candles. A tick is written before its candles. One that is later than all that its candle's item
 * has is added; any other is a repetition, which changes nothing, or came late, and then its candle is made again from its
 * ticks. So is what two writers changed at once, or a crash left half done: added twice, or lost, is no tick.
 */
export class CandleWriter {
  /** What was written last, by this writer: the next ticks mostly belong to the same items. */
  private known: ReadonlyMap<string, CandleItem> = new Map()

  constructor(private readonly deps: { items: CandleItems; ticks: TickItems }) {}

  async record(given: readonly Tick[]): Promise<void> {
    const ticks = [...new Map(given.toReversed().map((tick) => [tick.pair + tickKeyOf(tick), tick])).values()]
    const works = worksOf(ticks)
    const { known } = this
    await eachOf(works, async (work) => {
      work.item = known.get(nameOf(work.span)) ?? (await this.deps.items.read(work.span)) ?? EMPTY
    })
    await this.keepTicks(ticks, works)
    const written = new Map<string, CandleItem>()
    await eachOf(works, async (work) => {
      if (work.ticks.length > 0) work.item = await this.write(work)
      written.set(nameOf(work.span), work.item)
    })
    this.known = written
  }

  /** Makes all candles of the spans from `from` to `to` again. */
  async rebuild(range: { pair: string; interval: CandleInterval; from: Date; to: Date }): Promise<void> {
    const { pair, interval, from, to } = range
    this.known = new Map()
    for (const span of spansBetween(interval, from, to)) {
      await this.replace({ pair, interval, span }, from, to)
    }
  }

  /** Those that are later than all their items have are new; of the others each is asked, and forgotten where it is not. */
  private async keepTicks(ticks: readonly Tick[], works: readonly Work[]): Promise<void> {
    const late = new Set<Tick>()
    for (const { ticks: own, item } of works) for (const tick of own) if (tickKeyOf(tick) <= item.upTo) late.add(tick)
    await this.deps.ticks.putAll(ticks.filter((tick) => !late.has(tick)))
    const repeated = new Set<Tick>()
    await eachOf([...late], async (tick) => {
      if (!(await this.deps.ticks.putNew(tick))) repeated.add(tick)
    })
    for (const work of works) {
      const fresh = work.ticks.filter((tick) => !repeated.has(tick) || tickKeyOf(tick) > work.item.upTo)
      for (const tick of fresh) {
        if (tickKeyOf(tick) <= work.item.upTo) work.again.add(openTimeOf(tick.observedAt, work.span.interval).getTime())
      }
      work.ticks.splice(0, work.ticks.length, ...fresh)
    }
  }

  private async write({ span, ticks, item, again }: Work): Promise<CandleItem> {
    const { interval } = span
    let standing = item
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const candles = new Map(standing.candles)
      for (const tick of ticks) {
        const opened = openTimeOf(tick.observedAt, interval).getTime()
        if (!again.has(opened)) candles.set(opened, withTick(candles.get(opened), tick, interval))
      }
      for (const opened of again) await this.makeAgain(span, opened, candles)
      const last = tickKeyOf(ticks[ticks.length - 1] as Tick) // There are some, in order.
      const next = { candles, revision: standing.revision + 1, upTo: laterOf(last, standing.upTo) }
      if (await this.deps.items.put(span, next)) return next
      // Another writer was faster, and may have had the same ticks.
      standing = (await this.deps.items.read(span)) ?? EMPTY
      for (const { observedAt } of ticks) again.add(openTimeOf(observedAt, interval).getTime())
    }
    throw new Fault('SERVICE_UNAVAILABLE', 'The candles of a pair are being written by too many at once.')
  }

  private async makeAgain(span: Span, opened: number, candles: Map<number, Candle>): Promise<void> {
    const { pair, interval } = span
    const ticks = await this.deps.ticks.between(pair, new Date(opened), new Date(opened + INTERVAL_MS[interval]))
    candles.delete(opened)
    for (const tick of ticks) candles.set(opened, withTick(candles.get(opened), tick, interval))
  }

  /** Puts what the ticks of the whole days from `from` to `to` say in place of what stands there. */
  private async replace(span: Span, from: Date, to: Date): Promise<void> {
    const { pair, interval } = span
    const [first, end] = daysWithin(span, from, to)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const standing = (await this.deps.items.read(span)) ?? EMPTY
      const ticks = await this.deps.ticks.between(pair, new Date(first), new Date(end))
      const candles = new Map([...standing.candles].filter(([opened]) => opened < first || opened >= end))
      for (const tick of ticks) {
        const opened = openTimeOf(tick.observedAt, interval).getTime()
        candles.set(opened, withTick(candles.get(opened), tick, interval))
      }
      if (standing.revision === 0 && candles.size === 0) return
      const upTo = laterOf(ticks.at(-1)?.key ?? '', standing.upTo)
      const next = { candles, revision: standing.revision + 1, upTo }
      if (await this.deps.items.put(span, next)) return
    }
    throw new Fault('SERVICE_UNAVAILABLE', 'The candles of a pair are being written by too many at once.')
  }
}

const laterOf = (a: string, b: string): string => (a > b ? a : b)

/** Ticks by the items that they belong to, each in the order of its keys. */
function worksOf(ticks: readonly Tick[]): Work[] {
  const works = new Map<string, Work>()
  const inOrder = ticks.toSorted((a, b) => (tickKeyOf(a) < tickKeyOf(b) ? -1 : 1))
  for (const tick of inOrder) {
    for (const interval of CANDLE_INTERVALS) {
      const span = { pair: tick.pair, interval, span: spanOf(tick.observedAt, interval) }
      const name = nameOf(span)
      const work = works.get(name) ?? { span, ticks: [], item: EMPTY, again: new Set() }
      work.ticks.push(tick)
      works.set(name, work)
    }
  }
  return [...works.values()]
}

function* spansBetween(interval: CandleInterval, from: Date, to: Date): Generator<string> {
  const last = openTimeOf(to, 'DAY').getTime() + INTERVAL_MS.DAY
  const step = Math.max(INTERVAL_MS.HOUR, INTERVAL_MS[interval])
  const seen = new Set<string>()
  for (let at = openTimeOf(from, 'DAY').getTime(); at < last; at += step) {
    const span = spanOf(new Date(at), interval)
    if (!seen.has(span)) yield span
    seen.add(span)
  }
}

/** From the first instant of whole days from `from` to `to` that the span has to the one after the last. */
function daysWithin(span: Span, from: Date, to: Date): [number, number] {
  const start = startOf(span)
  const end = new Date(start)
  if (span.interval === 'DAY') end.setUTCMonth(end.getUTCMonth() + 1)
  else end.setTime(start.getTime() + (span.interval === 'MINUTE' ? INTERVAL_MS.HOUR : INTERVAL_MS.DAY))
  return [
    Math.max(start.getTime(), openTimeOf(from, 'DAY').getTime()),
    Math.min(end.getTime(), openTimeOf(to, 'DAY').getTime() + INTERVAL_MS.DAY),
  ]
}
