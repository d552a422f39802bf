import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { Decimal } from '@corridor/money'
import { Fault } from '@corridor/platform'
import {
  CANDLE_INTERVALS,
  type Candle,
  type CandleInterval,
  INTERVAL_MS,
  type MidTick,
  openTimeOf,
  withTick,
} from '../domain/candle.ts'
import type { Tick } from '../domain/rate.ts'
import { CandleItems, dayOf, unlessChanged } from './candle-items.ts'
import { ensureTable, verifyTable } from './table.ts'

/** Where the history is kept. Without an endpoint it is DynamoDB itself, with the credentials of the environment. */
export interface DynamoSettings {
  readonly endpoint?: string
  readonly region?: string
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** `fx_rates` unless it is named otherwise. */
  readonly table?: string
}

const TABLE = 'fx_rates'
const LOCAL = { accessKeyId: 'local', secretAccessKey: 'local' }
const CONCURRENT_WRITES = 8

/** Ticks for ever, and candles that are kept with them and can be made of them again. */
export class RateHistory {
  private readonly client: DynamoDBClient
  private readonly documents: DynamoDBDocumentClient
  private readonly candleItems: CandleItems
  private readonly table: string
  private ready: Promise<void> | null = null

  constructor({ endpoint, region = 'us-east-1', credentials, table = TABLE }: DynamoSettings) {
    const access = credentials ?? (endpoint === undefined ? undefined : LOCAL)
    this.table = table
    this.client = new DynamoDBClient({
      region,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(access ? { credentials: access } : {}),
    })
    this.documents = DynamoDBDocumentClient.from(this.client)
    this.candleItems = new CandleItems({ documents: this.documents, table })
  }

  /** Makes and verifies the table; once, and again after a failure. */
  async ensureTable(): Promise<void> {
    this.ready ??= ensureTable(this.client, this.table).catch((error: unknown) => {
      this.ready = null
      throw error
    })
    await orAway(() => this.ready ?? Promise.resolve())
  }

  /** Whether the store answers and has the table now. Throws `Fault`. */
  async check(): Promise<void> {
    await orAway(() => verifyTable(this.client, this.table))
  }

  /** Keeps each tick once; those that are new are in their candles too. Throws `Fault` when the store is away. */
  async record(ticks: readonly Tick[]): Promise<void> {
    await this.ensureTable()
    await orAway(async () => {
      const fresh: Tick[] = []
      await eachOf(ticks, async (tick) => {
        if (await this.putTick(tick)) fresh.push(tick)
      })
      const groups = [...Map.groupBy(fresh, ({ pair, observedAt }) => `${pair}#${dayOf(observedAt)}`).values()]
      const changes = groups.flatMap((group) => CANDLE_INTERVALS.map((interval) => ({ group, interval })))
      await eachOf(changes, async ({ group, interval }) => {
        const [first] = group
        if (!first) return
        const day = { pair: first.pair, interval, day: dayOf(first.observedAt) }
        await this.candleItems.change(day, (standing) => merge(standing, group, interval))
      })
    })
  }

  /** The candles that overlap the time from `from` (included) to `to` (excluded), oldest first. */
  async candles(pair: string, interval: CandleInterval, from: Date, to: Date): Promise<Candle[]> {
    await this.ensureTable()
    const candles = await orAway(() => this.candleItems.between(pair, interval, from, to))
    return candles.filter(
      ({ openTime }) => openTime < to && openTime.getTime() + INTERVAL_MS[interval] > from.getTime(),
    )
  }

  /**
   * Makes the candles of every day from `from` to `to` again from their ticks, as after a crash between a tick and its
   * candles. To be run while no tick of those days is being recorded: one might be counted twice.
   */
  async rebuildCandles(pair: string, from: Date, to: Date): Promise<void> {
    await this.ensureTable()
    const last = openTimeOf(to, 'DAY').getTime()
    for (let start = openTimeOf(from, 'DAY').getTime(); start <= last; start += INTERVAL_MS.DAY) {
      const day = dayOf(new Date(start))
      await orAway(async () => {
        for (const interval of CANDLE_INTERVALS) {
          await this.candleItems.replace({ pair, interval, day }, async () =>
            merge(new Map(), await this.ticksOf(pair, day), interval),
          )
        }
      })
    }
  }

  close(): void {
    this.client.destroy()
  }

  private async putTick({ pair, source, observedAt, bid, mid, ask }: Tick): Promise<boolean> {
    const prices = { bid: bid.toString(), mid: mid.toString(), ask: ask.toString() }
    return await unlessChanged(() =>
      this.documents.send(
        new PutCommand({
          TableName: this.table,
          Item: { pair, observedAt: `${observedAt.toISOString()}#${source}#tick`, source, kind: 'tick', ...prices },
          ConditionExpression: 'attribute_not_exists(pair)',
        }),
      ),
    )
  }

  private async ticksOf(pair: string, day: string): Promise<MidTick[]> {
    const ticks: MidTick[] = []
    let start: Record<string, unknown> | undefined
    do {
      const page = await this.documents.send(
        new QueryCommand({
          TableName: this.table,
          KeyConditionExpression: 'pair = :pair and begins_with(observedAt, :day)',
          ExpressionAttributeValues: { ':pair': pair, ':day': day },
          ConsistentRead: true,
          ...(start ? { ExclusiveStartKey: start } : {}),
        }),
      )
      for (const { kind, mid, observedAt } of page.Items ?? []) {
        if (kind !== 'tick') continue
        ticks.push({ mid: Decimal.parse(String(mid)), observedAt: new Date(String(observedAt).split('#')[0] ?? '') })
      }
      start = page.LastEvaluatedKey
    } while (start)
    return ticks
  }
}

/** The candles that these ticks change, as they are then. */
function merge(standing: ReadonlyMap<string, Candle>, ticks: readonly MidTick[], interval: CandleInterval): Candle[] {
  const byTime = new Map([...standing.values()].map((candle) => [candle.openTime.getTime(), candle]))
  const changed = new Set<number>()
  for (const tick of ticks) {
    const time = openTimeOf(tick.observedAt, interval).getTime()
    byTime.set(time, withTick(byTime.get(time), tick, interval))
    changed.add(time)
  }
  return [...byTime].flatMap(([time, candle]) => (changed.has(time) ? [candle] : []))
}

/** A few at a time; the first failure ends it, when those under way have ended. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += CONCURRENT_WRITES) {
    await Promise.all(items.slice(start, start + CONCURRENT_WRITES).map(work))
  }
}

async function orAway<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('SERVICE_UNAVAILABLE', 'The history of rates cannot be reached.', { cause })
  }
}
