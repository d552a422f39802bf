import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { Decimal } from '@corridor/money'
import { Fault } from '@corridor/platform'
import { type Candle, type CandleInterval, openTimeOf } from '../domain/candle.ts'

/** Open, high, low, close, number of ticks, and when the first and the last were observed. */
type Stored = readonly [string, string, string, string, number, string, string]

interface CandleItem {
  readonly candles: Readonly<Record<string, Stored>>
  /** Rises with each write: by it two writers notice each other. */
  readonly revision: number
}

export interface Day {
  readonly pair: string
  readonly interval: CandleInterval
  /** 2026-11-22 */
  readonly day: string
}

const MAX_ATTEMPTS = 10
/** More changed candles than this are written with the whole item: an update's expression may have 4 KB. */
const MAX_UPDATES = 50
const prefixOf = ({ interval }: Pick<Day, 'interval'>): string => `candles#${interval}#`
const keyOf = (day: Day) => ({ pair: day.pair, observedAt: prefixOf(day) + day.day })
/** Within its day, which the key names: 13:05 */
const nameOf = (openTime: Date): string => openTime.toISOString().slice(11, 16)

/** The candles of one pair, interval and day in one item, behind the ticks of the pair in the same table. */
export class CandleItems {
  constructor(private readonly deps: { documents: DynamoDBDocumentClient; table: string }) {}

  /** Writes what `change` makes of the candles that stand; again from the start when another writer was faster. */
  async change(day: Day, change: (standing: ReadonlyMap<string, Candle>) => readonly Candle[]): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const item = await this.read(day)
      const standing = new Map(
        Object.entries(item?.candles ?? {}).map(([name, stored]) => [name, toCandle(day.day, name, stored)]),
      )
      const changed = change(standing)
      const revision = item?.revision ?? null
      const whole = revision === null || changed.length > MAX_UPDATES
      const merged = () =>
        new Map([...standing, ...changed.map((candle) => [nameOf(candle.openTime), candle] as const)])
      const written = whole
        ? await this.put(day, revision, [...merged().values()])
        : await this.update(day, revision, changed)
      if (written) return
    }
    throw new Fault('SERVICE_UNAVAILABLE', 'The candles of a day are being written by too many at once.')
  }

  /** Puts the candles that `make` gives in place of all that stand; asked again when another writer was faster. */
  async replace(day: Day, make: () => Promise<readonly Candle[]>): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const revision = (await this.read(day))?.revision ?? null
      const candles = await make()
      if (revision === null && candles.length === 0) return
      if (await this.put(day, revision, candles)) return
    }
    throw new Fault('SERVICE_UNAVAILABLE', 'The candles of a day are being written by too many at once.')
  }

  /** Candles of the days from `from` to `to`, both included, oldest first. */
  async between(pair: string, interval: CandleInterval, from: Date, to: Date): Promise<Candle[]> {
    const prefix = prefixOf({ interval })
    const candles: Candle[] = []
    let start: Record<string, unknown> | undefined
    do {
      const page = await this.deps.documents.send(
        new QueryCommand({
          TableName: this.deps.table,
          KeyConditionExpression: 'pair = :pair and observedAt between :from and :to',
          ExpressionAttributeValues: { ':pair': pair, ':from': prefix + dayOf(from), ':to': prefix + dayOf(to) },
          ConsistentRead: true,
          ...(start ? { ExclusiveStartKey: start } : {}),
        }),
      )
      for (const item of page.Items ?? []) {
        const day = String(item.observedAt).slice(prefix.length)
        const stored = Object.entries(item.candles as CandleItem['candles']) // As `put` wrote it.
        candles.push(...stored.map(([name, candle]) => toCandle(day, name, candle)))
      }
      start = page.LastEvaluatedKey
    } while (start)
    return candles.sort((a, b) => a.openTime.getTime() - b.openTime.getTime())
  }

  private async read(day: Day): Promise<CandleItem | null> {
    const { Item } = await this.deps.documents.send(
      new GetCommand({ TableName: this.deps.table, Key: keyOf(day), ConsistentRead: true }),
    )
    return (Item as CandleItem | undefined) ?? null // As `put` wrote it.
  }

  private async update(day: Day, revision: number, candles: readonly Candle[]): Promise<boolean> {
    const names = Object.fromEntries(candles.map(({ openTime }, index) => [`#c${index}`, nameOf(openTime)]))
    const values = Object.fromEntries(candles.map((candle, index) => [`:c${index}`, toStored(candle)]))
    const sets = candles.map((_, index) => `candles.#c${index} = :c${index}`)
    return await unlessChanged(() =>
      this.deps.documents.send(
        new UpdateCommand({
          TableName: this.deps.table,
          Key: keyOf(day),
          UpdateExpression: `set revision = :next, ${sets.join(', ')}`,
          ConditionExpression: 'revision = :revision',
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: { ...values, ':revision': revision, ':next': revision + 1 },
        }),
      ),
    )
  }

  private async put(day: Day, revision: number | null, candles: readonly Candle[]): Promise<boolean> {
    const stored = Object.fromEntries(candles.map((candle) => [nameOf(candle.openTime), toStored(candle)]))
    const condition =
      revision === null
        ? { ConditionExpression: 'attribute_not_exists(pair)' }
        : { ConditionExpression: 'revision = :revision', ExpressionAttributeValues: { ':revision': revision } }
    return await unlessChanged(() =>
      this.deps.documents.send(
        new PutCommand({
          TableName: this.deps.table,
          Item: { ...keyOf(day), candles: stored, revision: (revision ?? 0) + 1 },
          ...condition,
        }),
      ),
    )
  }
}

export const dayOf = (instant: Date): string => openTimeOf(instant, 'DAY').toISOString().slice(0, 10)

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

const toStored = ({ open, high, low, close, ticks, openedAt, closedAt }: Candle): Stored => [
  open.toString(),
  high.toString(),
  low.toString(),
  close.toString(),
  ticks,
  openedAt.toISOString(),
  closedAt.toISOString(),
]

function toCandle(day: string, name: string, [open, high, low, close, ticks, openedAt, closedAt]: Stored): Candle {
  return {
    openTime: new Date(`${day}T${name}:00.000Z`),
    open: Decimal.parse(open),
    high: Decimal.parse(high),
    low: Decimal.parse(low),
    close: Decimal.parse(close),
    ticks,
    openedAt: new Date(openedAt),
    closedAt: new Date(closedAt),
  }
}
