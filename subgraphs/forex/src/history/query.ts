import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb'

/** All items of a pair with sort keys from `from` to `to`, both included, in their order, page by page. */
export async function queryAll(
  { documents, table }: { documents: DynamoDBDocumentClient; table: string },
  { pair, from, to }: { pair: string; from: string; to: string },
): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = []
  let start: Record<string, unknown> | undefined
  do {
    const page = await documents.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pair = :pair and observedAt between :from and :to',
        ExpressionAttributeValues: { ':pair': pair, ':from': from, ':to': to },
        ConsistentRead: true,
        ...(start ? { ExclusiveStartKey: start } : {}),
      }),
    )
    items.push(...(page.Items ?? []))
    start = page.LastEvaluatedKey
  } while (start)
  return items
}
