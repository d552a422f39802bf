/// <reference path="./dynalite.d.ts" />
import { mkdir } from 'node:fs/promises'
import { closeServer, listenOnLoopback } from '../loopback-server.ts'

/** How long a new table says CREATING; not zero, so that whoever forgets to wait finds out here. */
const CREATE_TABLE_MS = 20

export interface DynamoOptions {
  readonly port: number
  /** The folder that keeps the tables; without one they end with the process. */
  readonly path?: string
}

export interface RunningDynamo {
  /** For the AWS SDK, which needs some region and some credentials beside it. */
  readonly endpoint: string
  close(): Promise<void>
}

/**
 * DynamoDB for development, on loopback. One folder serves one process: whoever runs it keeps another from using it.
 *
 * @throws StartError when the port is taken.
 */
export async function startDynamo({ port, path }: DynamoOptions): Promise<RunningDynamo> {
  if (path !== undefined) await mkdir(path, { recursive: true })
  const { default: dynalite } = await import('dynalite') // Production does not have it.
  const server = dynalite({ createTableMs: CREATE_TABLE_MS, ...(path === undefined ? {} : { path }) })
  await listenOnLoopback(server, port, 'the embedded DynamoDB')
  return { endpoint: `http://127.0.0.1:${port}`, close: () => closeServer(server) }
}
