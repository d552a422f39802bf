import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { Fault } from '@corridor/platform'

const MAX_CREATE_SECONDS = 60
const KEYS = [
  { AttributeName: 'pair', KeyType: 'HASH', AttributeType: 'S' },
  { AttributeName: 'observedAt', KeyType: 'RANGE', AttributeType: 'S' },
] as const

/**
 * Makes the table if it is not there, waits until it can be used, and verifies its keys. Throws `Fault`, not retryable,
 * when a table of that name has others.
 */
export async function ensureTable(client: DynamoDBClient, table: string): Promise<void> {
  if ((await describe(client, table)) === null) await create(client, table)
  await waitUntilTableExists(
    { client, maxWaitTime: MAX_CREATE_SECONDS, minDelay: 1, maxDelay: 2 },
    { TableName: table },
  )
  await verifyTable(client, table)
}

/** Throws `Fault`, not retryable, where there is no such table, or one with other keys. */
export async function verifyTable(client: DynamoDBClient, table: string): Promise<void> {
  const description = await describe(client, table)
  const problem = KEYS.find(
    ({ AttributeName, KeyType, AttributeType }) =>
      !description?.KeySchema?.some((key) => key.AttributeName === AttributeName && key.KeyType === KeyType) ||
      !description.AttributeDefinitions?.some(
        (attribute) => attribute.AttributeName === AttributeName && attribute.AttributeType === AttributeType,
      ),
  )
  if (problem) {
    const { AttributeName, KeyType } = problem
    throw new Fault('SERVICE_UNAVAILABLE', `Table ${table} has no text key ${AttributeName} (${KeyType}).`, {
      retryable: false,
    })
  }
}

async function describe(client: DynamoDBClient, table: string): Promise<TableDescription | null> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: table }))).Table ?? null
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null
    throw error
  }
}

async function create(client: DynamoDBClient, table: string): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: KEYS.map(({ AttributeName, KeyType }) => ({ AttributeName, KeyType })),
        AttributeDefinitions: KEYS.map(({ AttributeName, AttributeType }) => ({ AttributeName, AttributeType })),
      }),
    )
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error // Another process makes it at the same time.
  }
}
