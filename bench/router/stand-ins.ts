/**
 * The subgraphs of the benchmark in one process: the platform's schemas with fixed data. An answer is made once per
 * request's body and then kept, so that no peer ever waits for one. Prints the ports as JSON when it listens.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { graphql } from 'graphql'
import { standInSchema } from './stand-in-schema.ts'

const NAMES = ['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet'] as const
/** Longer than any peer keeps an idle connection. */
const KEEP_ALIVE_MS = 75_000

async function serve(name: string): Promise<[string, string]> {
  const schema = standInSchema(name)
  const known = new Map<string, Promise<Buffer>>()
  const answer = async (body: string): Promise<Buffer> => {
    const { query, variables, operationName } = JSON.parse(body)
    const result = await graphql({ schema, source: query, variableValues: variables, operationName })
    if (result.errors) process.stderr.write(`${name}: ${result.errors[0]?.message} in ${query}\n`)
    return Buffer.from(JSON.stringify(result))
  }
  const reply = async (body: string, response: ServerResponse): Promise<void> => {
    let found = known.get(body)
    if (!found) {
      found = answer(body)
      known.set(body, found)
    }
    const bytes = await found
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
    response.end(bytes)
  }
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(404).end()
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => void reply(Buffer.concat(chunks).toString(), response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return [name, `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`]
}

console.log(JSON.stringify(Object.fromEntries(await Promise.all(NAMES.map(serve)))))
