import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { Decimal } from '@corridor/money'
import { type Candle, type CandleInterval, INTERVAL_MS } from '../domain/candle.ts'
import { queryAll } from './query.ts'

/** The candles of one pair and interval whose times begin with `span`: an hour, a day or a month. */
export interface Span {
  readonly pair: string
  readonly interval: CandleInterval
  /** 2026-11-22T17, 2026-11-22 or 2026-11 */
  readonly span: string
}

/** An item as it stands. */
export interface CandleItem {
  readonly candles: ReadonlyMap<number, Candle>
  /** Rises with each write: by it two writers notice each other. */
  readonly revision: number
  /** The greatest sort key of the ticks that are in it: what is greater is not in it yet. */
  readonly upTo: string
}

/** Digits of an instant that name its span. An item is written whole with each tick, and so it is kept small. */
const SPAN_DIGITS: Readonly<Record<CandleInterval, number>> = {
  MINUTE: '2026-11-22T17'.length,
  FIVE_MINUTES: '2026-11-22'.length,
  HOUR: '2026-11-22'.length,
  DAY: '2026-11'.length,
}
const FIRST_INSTANT = '0000-01-01T00:00:00.000Z'

export const spanOf = (instant: Date, interval: CandleInterval): string =>
  instant.toISOString().slice(0, SPAN_DIGITS[interval])

/** The first instant of a span. */
export const startOf = ({ span }: Pick<Span, 'span'>): Date => new Date(span + FIRST_INSTANT.slice(span.length))

const prefixOf = (interval: CandleInterval): string => `candles#${interval}#`
const keyOf = ({ pair, interval, span }: Span) => ({ pair, observedAt: prefixOf(interval) + span })
export const nameOf = ({ pair, interval, span }: Span): string => `${pair}#${interval}#${span}`

/** Candles of a span in one item, behind the ticks of the pair in the same table. */
export class CandleItems {
  constructor(private readonly deps: { documents: DynamoDBDocumentClient; table: string }) {}

  async read(span: Span): Promise<CandleItem | null> {
    const { Item } = await this.deps.documents.send(
      new GetCommand({ TableName: this.deps.table, Key: keyOf(span), ConsistentRead: true }),
    )
    return Item ? { ...unpack(Item as StoredItem, span), ...revisionOf(Item as StoredItem) } : null // As `put` wrote it.
  }

  /** Writes the item unless another writer was faster; answers whether it was written. */
  async put(span: Span, { candles, revision, upTo }: CandleItem): Promise<boolean> {
    const condition =
      revision === 1
        ? { ConditionExpression: 'attribute_not_exists(pair)' }
        : { ConditionExpression: 'revision = :before', ExpressionAttributeValues: { ':before': revision - 1 } }
    const item: StoredItem = { candles: pack(candles, span), revision, upTo }
    return await unlessChanged(() =>
      this.deps.documents.send(
        new PutCommand({ TableName: this.deps.table, Item: { ...keyOf(span), ...item }, ...condition }),
      ),
    )
  }

  /** Candles of the spans from that of `from` to that of `to`, both included, oldest first. */
  async between(pair: string, interval: CandleInterval, from: Date, to: Date): Promise<Candle[]> {
    const prefix = prefixOf(interval)
    const range = { pair, from: prefix + spanOf(from, interval), to: prefix + spanOf(to, interval) }
    const candles: Candle[] = []
    for (const item of await queryAll(this.deps, range)) {
      const span = { pair, interval, span: String(item.observedAt).slice(prefix.length) }
      candles.push(...unpack(item as unknown as StoredItem, span).candles.values()) // As `put` wrote it.
    }
    return candles
  }
}

interface StoredItem {
  /** `place,open,high,low,close,ticks,first,last` a candle, separated by semicolons; instants in ms from its start. */
  readonly candles: string
  readonly revision: number
  readonly upTo: string
}

const revisionOf = ({ revision, upTo }: StoredItem) => ({ revision, upTo })

function pack(candles: ReadonlyMap<number, Candle>, { interval, ...span }: Span): string {
  const start = startOf(span).getTime()
  return [...candles.values()]
    .sort((a, b) => a.openTime.getTime() - b.openTime.getTime())
    .map(({ openTime, open, high, low, close, ticks, openedAt, closedAt }) => {
      const opened = openTime.getTime()
      const place = (opened - start) / INTERVAL_MS[interval]
      return [place, open, high, low, close, ticks, openedAt.getTime() - opened, closedAt.getTime() - opened].join(',')
    })
    .join(';')
}

function unpack({ candles }: Pick<StoredItem, 'candles'>, { interval, ...span }: Span) {
  const start = startOf(span).getTime()
  const unpacked = new Map<number, Candle>()
  for (const packed of candles === '' ? [] : candles.split(';')) {
    const [place, open = '', high = '', low = '', close = '', ticks, first, last] = packed.split(',')
    const opened = start + Number(place) * INTERVAL_MS[interval]
    unpacked.set(opened, {
      openTime: new Date(opened),
      open: Decimal.parse(open),
      high: Decimal.parse(high),
      low: Decimal.parse(low),
      close: Decimal.parse(close),
      ticks: Number(ticks),
      openedAt: new Date(opened + Number(first)),
      closedAt: new Date(opened + Number(last)),
    })
  }
  return { candles: unpacked }
}

/** Whether the write was done; false where its condition did not hold. */
export async function unlessChanged(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}
