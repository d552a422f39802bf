import type { Connections } from '../connections.ts'
import { waitUntil } from '../http/wait.ts'
import type { Output } from '../output.ts'

/** What each product says of itself when it is ready for what is done here. */
const PROBES = [
  ['Identity Server', '/api/health-check/v1.0/health'],
  ['API Manager', '/services/Version'],
  ['API Manager gateway', '/api/am/gateway/v2/server-startup-healthcheck'],
] as const
const OK = 200

/** Says of each product whether it is ready. @returns whether all are. */
export async function health(connections: Connections, output: Output): Promise<boolean> {
  const results = await Promise.all(PROBES.map(([name, path]) => probe(connections, name, path)))
  for (const { name, status } of results) {
    output.line(`${name}: ${status === OK ? 'ready' : status === 0 ? 'no answer' : `not ready (${status})`}`)
  }
  return results.every(({ status }) => status === OK)
}

/** Waits for all of them, saying what for. @throws Error when the time is up. */
export async function waitForProducts(connections: Connections, output: Output): Promise<void> {
  for (const [name, path] of PROBES) {
    output.line(`Waiting for ${name}`)
    const ready = await waitUntil(async () => (await probe(connections, name, path)).status === OK, connections.pace)
    if (!ready) throw new Error(`${name} is not ready after ${connections.pace.timeoutMs / 1_000} s: see its log.`)
  }
}

async function probe(
  { identity, gateway }: Connections,
  name: string,
  path: string,
): Promise<{ name: string; status: number }> {
  return { name, status: await (name === 'Identity Server' ? identity.rest : gateway).status(path) }
}
