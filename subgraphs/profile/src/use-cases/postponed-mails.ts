import type { EventData } from '@corridor/events'
import { createPool, type Pool } from '@corridor/platform'

/** One mail that an event asks for. */
export interface PostponedMail {
  /** The event's. */
  readonly id: string
  readonly key: string
  readonly data: EventData
  readonly kind: string
}

export interface DueMail extends PostponedMail {
  /** It has been put off for so long that it is given up when it is put off once more. */
  readonly overdue: boolean
}

export interface PostponedMailsOptions {
  readonly databaseUrl: string
  readonly service: string
  /** Before the second attempt; twice as long before each one after it, an hour at most. */
  readonly firstDelayMs?: number
  readonly maxAgeMs?: number
}

const POOL_SIZE = 2
const FIRST_DELAY_MS = 30_000
const MAX_DELAY_MS = 60 * 60 * 1000
const MAX_AGE_MS = 24 * 60 * 60 * 1000
/** Beyond it the delay has long been the longest. */
const MAX_DOUBLINGS = 20

/** Mails that wait for another attempt. Due is judged by the database's clock alone. */
export class PostponedMails {
  private readonly pool: Pool
  private readonly delays: readonly [first: number, max: number]

  constructor(private readonly options: PostponedMailsOptions) {
    this.pool = createPool({ url: options.databaseUrl, service: options.service, max: POOL_SIZE })
    this.delays = [options.firstDelayMs ?? FIRST_DELAY_MS, MAX_DELAY_MS]
  }

  /** Keeps a mail for later; one that waits already waits as before. */
  async keep({ id, kind, key, data }: PostponedMail): Promise<void> {
    await this.pool.query(
      `insert into postponed_mails (event_id, kind, key, data, due_at)
       values ($1, $2, $3, $4, now() + $5 * interval '1 millisecond') on conflict do nothing`,
      [id, kind, key, JSON.stringify(data), this.delays[0]],
    )
  }

  /** Takes mails that are due, the longest waiting first: nobody else does before they are due again, should they not be forgotten. */
  async takeDue(limit: number): Promise<readonly DueMail[]> {
    const { rows } = await this.pool.query<DueMail>(
      `update postponed_mails m
       set attempts = attempts + 1,
           due_at = now() + least($1 * power(2, least(attempts, $5)), $2) * interval '1 millisecond'
       from (select event_id, kind from postponed_mails where due_at <= now() order by due_at limit $4
             for update skip locked) due
       where m.event_id = due.event_id and m.kind = due.kind
       returning m.event_id as id, m.kind, m.key, m.data,
         m.first_refused_at < now() - $3 * interval '1 millisecond' as overdue`,
      [...this.delays, this.options.maxAgeMs ?? MAX_AGE_MS, limit, MAX_DOUBLINGS],
    )
    return rows
  }

  /** It was sent, or is given up. */
  async forget({ id, kind }: PostponedMail): Promise<void> {
    await this.pool.query('delete from postponed_mails where event_id = $1 and kind = $2', [id, kind])
  }

  close(): Promise<void> {
    return this.pool.end()
  }
}
