import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { freePort, StartError, startDynamo } from '../src/index.ts'

const clientOf = (endpoint: string) =>
  new DynamoDBClient({ endpoint, region: 'local', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } })

const KEY = { pair: { S: 'USD/INR' } }

test('what was put is still there after a restart on the same folder', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'corridor-dynamo-')), 'data')
  const before = await startDynamo({ port: await freePort(), path })
  const writer = clientOf(before.endpoint)
  await writer.send(
    new CreateTableCommand({
      TableName: 'fx_rates',
      KeySchema: [{ AttributeName: 'pair', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pair', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  await waitUntilTableExists({ client: writer, maxWaitTime: 10, minDelay: 1 }, { TableName: 'fx_rates' })
  await writer.send(new PutItemCommand({ TableName: 'fx_rates', Item: { ...KEY, mid: { N: '83.1' } } }))
  writer.destroy()
  await before.close()

  const after = await startDynamo({ port: await freePort(), path })
  const reader = clientOf(after.endpoint)
  try {
    const { Item } = await reader.send(new GetItemCommand({ TableName: 'fx_rates', Key: KEY }))
    expect(Item).toEqual({ ...KEY, mid: { N: '83.1' } })
  } finally {
    reader.destroy()
    await after.close()
  }
})

test('a taken port is one clear sentence', async () => {
  const port = await freePort()
  const first = await startDynamo({ port })
  try {
    await expect(startDynamo({ port })).rejects.toThrow(StartError)
    await expect(startDynamo({ port })).rejects.toThrow(`Port ${port}, which the embedded DynamoDB needs, is taken`)
  } finally {
    await first.close()
  }
})
