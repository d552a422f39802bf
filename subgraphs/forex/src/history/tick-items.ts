import { BatchWriteCommand, type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { Decimal } from '@corridor/money'
import { Fault } from '@corridor/platform'
import type { MidTick } from '../domain/candle.ts'
import type { Tick } from '../domain/rate.ts'
import { unlessChanged } from './candle-items.ts'
import { eachOf } from './each-of.ts'
import { queryAll } from './query.ts'

/** What DynamoDB takes in one call. */
const MAX_BATCH = 25
const MAX_ATTEMPTS = 8
const FIRST_RETRY_MS = 20
const KIND = 'tick'

/** `observedAt#source#kind`: what one provider said of a pair at one instant is one item. */
export const tickKeyOf = ({ observedAt, source }: Pick<Tick, 'observedAt' | 'source'>): string =>
  `${observedAt.toISOString()}#${source}#${KIND}`

/** Ticks for ever, one item each. */
export class TickItems {
  constructor(private readonly deps: { documents: DynamoDBDocumentClient; table: string }) {}

  /** Keeps a tick unless it is there; answers whether it is new. */
  async putNew(tick: Tick): Promise<boolean> {
    const { documents, table } = this.deps
    return await unlessChanged(() =>
      documents.send(
        new PutCommand({ TableName: table, Item: itemOf(tick), ConditionExpression: 'attribute_not_exists(pair)' }),
      ),
    )
  }

  /** Keeps ticks that are known to be new, many in a call; writes them once more where they are there already. */
  async putAll(ticks: readonly Tick[]): Promise<void> {
    const items = [...new Map(ticks.map((tick) => [tick.pair + tickKeyOf(tick), itemOf(tick)])).values()]
    const batches = Array.from({ length: Math.ceil(items.length / MAX_BATCH) }, (_, index) =>
      items.slice(index * MAX_BATCH, (index + 1) * MAX_BATCH),
    )
    await eachOf(batches, (batch) => this.putBatch(batch))
  }

  /** The ticks of a pair from `from` (included) to `to` (excluded), in the order of their keys. */
  async between(pair: string, from: Date, to: Date): Promise<(MidTick & { readonly key: string })[]> {
    // "#" stands before every digit: an instant alone is less than each key that begins with it.
    const items = await queryAll(this.deps, { pair, from: from.toISOString(), to: to.toISOString() })
    return items.flatMap(({ kind, mid, observedAt }) => {
      if (kind !== KIND) return []
      const key = String(observedAt)
      return [{ key, mid: Decimal.parse(String(mid)), observedAt: new Date(key.split('#')[0] ?? '') }]
    })
  }

  /** What the store had no room for at once is sent again, later each time. */
  private async putBatch(batch: readonly Item[]): Promise<void> {
    const { documents, table } = this.deps
    let left = batch.map((Item) => ({ PutRequest: { Item } }))
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const { UnprocessedItems } = await documents.send(new BatchWriteCommand({ RequestItems: { [table]: left } }))
      left = (UnprocessedItems?.[table] ?? []) as typeof left // Some of what was sent.
      if (left.length === 0) return
      await new Promise((resolve) => setTimeout(resolve, FIRST_RETRY_MS * 2 ** attempt))
    }
    throw new Fault('SERVICE_UNAVAILABLE', 'The history of rates takes no more ticks now.')
  }
}

type Item = ReturnType<typeof itemOf>

const itemOf = (tick: Tick) => ({
  pair: tick.pair,
  observedAt: tickKeyOf(tick),
  source: tick.source,
  kind: KIND,
  bid: tick.bid.toString(),
  mid: tick.mid.toString(),
  ask: tick.ask.toString(),
})
