import { type Clock, Fault, type Logger, type Pool } from '@corridor/platform'
import type { ServiceClient } from '@corridor/subgraph'
import { type Exposure, withCommitment } from './domain/exposure.ts'
import type { FxQuote } from './domain/fx-quote.ts'
import { readCommitments } from './use-cases/commitments.ts'

/** How old what is known may be while prices are given on it. */
const MAX_UNREAD_MS = 1_000
/** With the ledger away: how long prices are still given on what it said last. */
const MAX_AWAY_MS = 60_000

const POSITIONS = '{ housePositions { currency postedMinor heldMinor incomingMinor } }'
type Conversion = Pick<FxQuote, 'from' | 'to'>

interface HousePosition {
  readonly currency: string
  readonly postedMinor: string
  readonly heldMinor: string
  readonly incomingMinor: string
}

/**
 * The house's exposure by currency: `fx.position` and what is pending on it, as the ledger has it, and the quotes that are
 * open or whose payment has not reached the ledger yet. Read at most once a second; quotes made here meanwhile are added.
 */
export class ExposureBook {
  private exposures = new Map<string, Exposure>()
  private added: { readonly at: number; readonly quote: Conversion }[] = []
  private readAtMs = Number.NEGATIVE_INFINITY
  private triedAtMs = Number.NEGATIVE_INFINITY
  private reading: Promise<void> | null = null

  constructor(private readonly deps: { pool: Pool; ledger: ServiceClient; clock: Clock; logger: Logger }) {}

  /**
   * Reads what is too old to price on. Throws `Fault`, SERVICE_UNAVAILABLE, when the ledger has been away for a minute:
   * a limit that cannot be checked is not taken as kept.
   */
  async fresh(): Promise<void> {
    if (performance.now() - this.triedAtMs <= MAX_UNREAD_MS && !this.reading) return this.mustBeKnown()
    try {
      await this.read()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.deps.logger.warn({ error }, 'the positions of the house could not be read')
    }
    this.mustBeKnown()
  }

  /** What is committed now, of all currencies, in their order. Throws `Fault` when the ledger is away. */
  async current(): Promise<Exposure[]> {
    await this.reading?.catch(() => undefined) // Whoever began it is told; here it is read again.
    await this.read()
    return [...this.exposures.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1))
  }

  /** As read last, with what was locked here since. */
  known(currency: string): Exposure {
    return this.exposures.get(currency) ?? noExposure(currency)
  }

  /** A price that was just given. */
  add(quote: Conversion): void {
    this.added.push({ at: performance.now(), quote })
    commit(this.exposures, quote)
  }

  private mustBeKnown(): void {
    if (performance.now() - this.readAtMs <= MAX_AWAY_MS) return
    throw new Fault('SERVICE_UNAVAILABLE', 'The positions of the house are not known: no rate is locked meanwhile.')
  }

  private read(): Promise<void> {
    this.reading ??= this.readOnce().finally(() => {
      this.reading = null
    })
    return this.reading
  }

  private async readOnce(): Promise<void> {
    const { pool, ledger, clock } = this.deps
    const startedMs = performance.now()
    this.triedAtMs = startedMs
    // The ledger last: a payment that is posted between the two is counted twice for a moment, rather than not at all.
    const commitments = await readCommitments(pool, clock.now())
    const { housePositions } = await ledger.request<{ housePositions: HousePosition[] }>(POSITIONS)
    const exposures = new Map(housePositions.map((position) => [position.currency, toExposure(position)]))
    for (const { currency, incomingMinor, outgoingMinor } of commitments) {
      change(exposures, currency, incomingMinor)
      change(exposures, currency, outgoingMinor)
    }
    this.added = this.added.filter(({ at }) => at >= startedMs)
    for (const { quote } of this.added) commit(exposures, quote)
    this.exposures = exposures
    this.readAtMs = startedMs
  }
}

function commit(exposures: Map<string, Exposure>, { from, to }: Conversion): void {
  change(exposures, from.currency, from.amountMinor)
  change(exposures, to.currency, -to.amountMinor)
}

function change(exposures: Map<string, Exposure>, currency: string, minor: bigint): void {
  exposures.set(currency, withCommitment(exposures.get(currency) ?? noExposure(currency), minor))
}

const noExposure = (currency: string): Exposure => ({
  currency,
  positionMinor: 0n,
  incomingMinor: 0n,
  outgoingMinor: 0n,
})

const toExposure = ({ currency, postedMinor, heldMinor, incomingMinor }: HousePosition): Exposure => ({
  currency,
  positionMinor: BigInt(postedMinor),
  incomingMinor: BigInt(incomingMinor),
  outgoingMinor: -BigInt(heldMinor),
})
