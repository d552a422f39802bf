import { Fault } from '@corridor/platform'
import type { ServiceClient } from '@corridor/subgraph'

export interface Position {
  readonly currency: string
  readonly postedMinor: string
  readonly heldMinor: string
  readonly incomingMinor: string
}

/** The far side of the network: a ledger with these positions, which may be away. */
export class FarLedger implements ServiceClient {
  positions: Position[] = []
  away = false

  async request<Data>(): Promise<Data> {
    if (this.away) throw new Fault('SERVICE_UNAVAILABLE', 'The ledger service did not answer.')
    return { housePositions: this.positions } as Data
  }

  async close(): Promise<void> {
    this.positions = []
  }
}

export const position = (currency: string, posted: bigint, { held = 0n, incoming = 0n } = {}): Position => ({
  currency,
  postedMinor: String(posted),
  heldMinor: String(held),
  incomingMinor: String(incoming),
})
