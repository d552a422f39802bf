import { assertPortFree, freePort } from '@corridor/dev-services'

/** Where each part listens, on loopback. */
export interface PlatformPorts {
  readonly router: number
  readonly forex: number
  readonly ledger: number
  readonly payment: number
  readonly profile: number
  readonly 'rule-engine': number
  readonly wallet: number
  readonly identity: number
  readonly postgres: number
  readonly dynamo: number
}

export const STANDARD_PORTS: PlatformPorts = {
  router: 4000,
  forex: 8001,
  ledger: 8002,
  payment: 8003,
  profile: 8004,
  'rule-engine': 8005,
  wallet: 8006,
  identity: 9444,
  postgres: 5432,
  dynamo: 8000,
}

export const SUBGRAPHS = ['forex', 'ledger', 'payment', 'profile', 'rule-engine', 'wallet'] as const

/** The parts' names as they stand in a message. */
const NAMES: Readonly<Record<keyof PlatformPorts, string>> = {
  router: 'the router',
  forex: 'the forex subgraph',
  ledger: 'the ledger subgraph',
  payment: 'the payment subgraph',
  profile: 'the profile subgraph',
  'rule-engine': 'the rule-engine subgraph',
  wallet: 'the wallet subgraph',
  identity: 'the development identity server',
  postgres: 'PostgreSQL',
  dynamo: 'the embedded DynamoDB',
}

/** All ports moved by `offset`, so that two platforms can run on one machine. */
export const portsMovedBy = (offset: number): PlatformPorts => mapPorts(STANDARD_PORTS, (port) => port + offset)

/** Where clients reach the router. */
export const routerUrl = (ports: PlatformPorts): string => `http://localhost:${ports.router}`

/** Every port 0: each part takes a free one. */
export const FREE_PORTS: PlatformPorts = mapPorts(STANDARD_PORTS, () => 0)

/** Ports with a number each: a free one for every 0, no two alike. */
export async function resolvePorts(wanted: PlatformPorts): Promise<PlatformPorts> {
  const taken = new Set(Object.values(wanted))
  const resolved = new Map<string, number>()
  for (const [part, port] of Object.entries(wanted)) {
    let chosen: number = port
    while (chosen === 0 || (port === 0 && taken.has(chosen))) chosen = await freePort()
    taken.add(chosen)
    resolved.set(part, chosen)
  }
  return mapPorts(wanted, (_, part) => resolved.get(part) ?? 0)
}

/**
 * Refuses taken ports before anything is started. PostgreSQL's is left to its own start, which first ends a server that
 * a killed run has left on the same data.
 *
 * @throws StartError
 */
export async function assertPortsFree(ports: PlatformPorts, parts: readonly (keyof PlatformPorts)[]): Promise<void> {
  for (const part of parts) await assertPortFree(ports[part], NAMES[part])
}

function mapPorts(ports: PlatformPorts, change: (port: number, part: string) => number): PlatformPorts {
  const changed = Object.entries(ports).map(([part, port]) => [part, change(port, part)])
  return Object.fromEntries(changed) as unknown as PlatformPorts // The same names as before.
}
