import type { SqlClient } from '@corridor/platform'

export interface HousePosition {
  readonly currency: string
  readonly postedMinor: bigint
  /** Pending debits and pending credits: what conversions that are held will take and bring. */
  readonly heldMinor: bigint
  readonly incomingMinor: bigint
}

/** The house's position in every currency that was ever converted, in the order of the codes. */
export async function housePositions(client: SqlClient): Promise<HousePosition[]> {
  const { rows } = await client.query<HousePosition>({
    name: 'ledger-house-positions',
    text: `select currency, posted_minor as "postedMinor", held_minor as "heldMinor", incoming_minor as "incomingMinor"
           from accounts where code = 'fx.position' and owner is null order by currency`,
  })
  return rows
}
