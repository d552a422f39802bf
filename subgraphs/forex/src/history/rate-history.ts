import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { Fault } from '@corridor/platform'
import { CANDLE_INTERVALS, type Candle, type CandleInterval, INTERVAL_MS } from '../domain/candle.ts'
import type { Tick } from '../domain/rate.ts'
import { CandleItems } from './candle-items.ts'
import { CandleWriter } from './candle-writer.ts'
import { type KeptOverride, OverrideItems } from './override-items.ts'
import { ensureTable, verifyTable } from './table.ts'
import { TickItems } from './tick-items.ts'
import { traceCommands } from './trace-commands.ts'

/** Where the history is kept. Without an endpoint it is DynamoDB itself, with the credentials of the environment. */
export interface DynamoSettings {
  readonly endpoint?: string
  readonly region?: string
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** `fx_rates` unless it is named otherwise. */
  readonly table?: string
}

const TABLE = 'fx_rates'
/** Without limits one request that is never answered would hold up all rates for ever. */
const CONNECT_TIMEOUT_MS = 2_000
const REQUEST_TIMEOUT_MS = 5_000
const LOCAL = { accessKeyId: 'local', secretAccessKey: 'local' }

/** Ticks for ever, and candles that are kept with them and can be made of them again. */
export class RateHistory {
  private readonly client: DynamoDBClient
  private readonly candleItems: CandleItems
  private readonly writer: CandleWriter
  private readonly overrides: OverrideItems
  private readonly table: string
  private ready: Promise<void> | null = null

  constructor({ endpoint, region = 'us-east-1', credentials, table = TABLE }: DynamoSettings) {
    const access = credentials ?? (endpoint === undefined ? undefined : LOCAL)
    this.table = table
    this.client = new DynamoDBClient({
      region,
      requestHandler: {
        connectionTimeout: CONNECT_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        throwOnRequestTimeout: true,
      },
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(access ? { credentials: access } : {}),
    })
    traceCommands(this.client)
    const parts = { documents: DynamoDBDocumentClient.from(this.client), table }
    this.candleItems = new CandleItems(parts)
    this.overrides = new OverrideItems(parts)
    this.writer = new CandleWriter({ items: this.candleItems, ticks: new TickItems(parts) })
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
    await orAway(() => this.writer.record(ticks))
  }

  /** Keeps a manual rate as it stands now. Throws `Fault` when the store is away. */
  async keepOverride(override: KeptOverride): Promise<void> {
    await this.ensureTable()
    await orAway(() => this.overrides.put(override))
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
   * candles. May run while ticks are recorded.
   */
  async rebuildCandles(pair: string, from: Date, to: Date): Promise<void> {
    await this.ensureTable()
    for (const interval of CANDLE_INTERVALS) await orAway(() => this.writer.rebuild({ pair, interval, from, to }))
  }

  close(): void {
    this.client.destroy()
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
