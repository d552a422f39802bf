import { Loop } from '@corridor/events'
import { type Clock, type Logger, type Pool, uuidv5 } from '@corridor/platform'
import type { JournalRequest, JournalResult } from '../domain/journal.ts'
import { digestOf } from './journal-input.ts'

export interface HoldExpiryDeps {
  readonly pool: Pool
  readonly clock: Clock
  readonly logger: Logger
  /** The one write path. */
  readonly post: (requests: readonly JournalRequest[]) => Promise<readonly JournalResult[]>
}

const EXPIRY_NAMESPACE = '0b6f9d3e-4f0a-5a53-8a63-9b1c5c0d7e21'
const MAX_JOURNALS_PER_ROUND = 500
const POLL_MS = 1_000

/**
 * Releases holds whose time is over, each by a row of action EXPIRE, which nobody else can ask for: `created_at` says
 * when. The holds of one journal that fall due together go together, as the legs of a conversion must. The ids follow
 * from the holds', so that two servers that look at once write it once. Holds without an expiry are never touched.
 */
export class HoldExpiry {
  private readonly loop: Loop

  constructor(private readonly deps: HoldExpiryDeps) {
    this.loop = new Loop({
      name: 'ledger-hold-expiry',
      logger: deps.logger,
      round: () => this.round(),
      pollMs: POLL_MS,
    })
  }

  start(): void {
    this.loop.start()
  }

  stop(): Promise<void> {
    return this.loop.stop()
  }

  /** Expires what is due, up to a limit; answers whether more may be. */
  async round(): Promise<boolean> {
    const due = await this.due()
    if (due.length === 0) return false
    const results = await this.deps.post(due.map(expiryOf))
    // Resolved by others since we looked: the next round no longer sees those.
    const refused = results.flatMap((result) =>
      result.status === 'REFUSED' && result.code !== 'HOLD_RESOLVED' ? [`${result.id} ${result.code}`] : [],
    )
    if (refused.length > 0) this.deps.logger.error({ refused }, 'holds could not be expired')
    return due.length === MAX_JOURNALS_PER_ROUND && refused.length === 0
  }

  private async due(): Promise<DueHolds[]> {
    const { rows } = await this.deps.pool.query<DueHolds>({
      name: 'ledger-due-holds',
      text: `select journal_id as "journalId", array_agg(transfer_id::text order by transfer_id) as "holdIds"
             from expiring_holds where expires_at <= $1
             group by journal_id order by min(expires_at) limit $2`,
      values: [this.deps.clock.now(), MAX_JOURNALS_PER_ROUND],
    })
    return rows
  }
}

interface DueHolds {
  readonly journalId: string
  readonly holdIds: readonly string[]
}

function expiryOf({ journalId, holdIds }: DueHolds): JournalRequest {
  const content = {
    id: uuidv5(`${journalId}:${holdIds.join()}`, EXPIRY_NAMESPACE),
    final: false,
    description: null,
    transfers: holdIds.map((resolves, position) => ({
      id: uuidv5(resolves, EXPIRY_NAMESPACE),
      position,
      action: 'EXPIRE' as const,
      resolves,
      amountMinor: null,
    })),
  }
  return { ...content, digest: digestOf(content) }
}
