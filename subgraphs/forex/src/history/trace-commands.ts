import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { inCall } from '@corridor/platform'

/** A span for each command that is sent while one is recorded: its name and its table, and no value. */
export function traceCommands(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next, { commandName = 'command' }) =>
      (request) => {
        const { input } = request
        const table = 'TableName' in input && typeof input.TableName === 'string' ? input.TableName : undefined
        const attributes = { 'db.system.name': 'aws.dynamodb', ...(table ? { 'db.collection.name': table } : {}) }
        return inCall({ name: `dynamodb ${commandName}`, attributes }, () => next(request))
      },
    { step: 'initialize', name: 'spans' },
  )
}
