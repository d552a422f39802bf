import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'

/** A manual rate as it stands: who set it and why, and who ended it. */
export interface KeptOverride {
  readonly id: string
  readonly pair: string
  readonly mid: string
  readonly note: string
  readonly setBy: string
  readonly setAt: Date
  readonly expiresAt: Date | null
  readonly endedAt: Date | null
  /** Null where it stands or expired. */
  readonly endedBy: string | null
}

const SOURCE = 'manual'
const KIND = 'override'

/** Manual rates among the ticks of their pair, one item each, under the instant at which they were set. */
export class OverrideItems {
  constructor(private readonly deps: { documents: DynamoDBDocumentClient; table: string }) {}

  async put({ id, pair, mid, note, setBy, setAt, expiresAt, endedAt, endedBy }: KeptOverride): Promise<void> {
    const { documents, table } = this.deps
    await documents.send(
      new PutCommand({
        TableName: table,
        Item: {
          pair,
          observedAt: `${setAt.toISOString()}#${SOURCE}#${KIND}`,
          source: SOURCE,
          kind: KIND,
          id,
          mid,
          note,
          setBy,
          expiresAt: expiresAt?.toISOString() ?? null,
          endedAt: endedAt?.toISOString() ?? null,
          endedBy,
        },
      }),
    )
  }
}
