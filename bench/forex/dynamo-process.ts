/** The development DynamoDB in a process of its own, in memory, on the port of its first argument, until it is told to stop. */
import { startDynamo } from '@corridor/dev-services'

const dynamo = await startDynamo({ port: Number(process.argv[2]) })
process.on('disconnect', () => void dynamo.close())
process.send?.(dynamo.endpoint)
