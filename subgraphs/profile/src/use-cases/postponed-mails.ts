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
const GIVEN_UP_KEPT_DAYS = 30
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

  /** Keeps a mail for later; one that waits already, or was given up, is as before. */
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

  /** It was sent. */
  async forget({ id, kind }: PostponedMail): Promise<void> {
    await this.pool.query('delete from postponed_mails where event_id = $1 and kind = $2', [id, kind])
  }

  /** It is not tried again unless somebody wants it, `resendMails`. The reason holds no address and no name. */
  async giveUp({ id, kind }: PostponedMail, reason: string): Promise<void> {
    await this.pool.query(
      `update postponed_mails set given_up_at = now(), due_at = 'infinity', reason = $3 where event_id = $1 and kind = $2`,
      [id, kind, reason],
    )
  }

  /** Forgets what was given up long ago. */
  async forgetGivenUp(): Promise<void> {
    await this.pool.query(`delete from postponed_mails where given_up_at < now() - $1 * interval '1 day'`, [
      GIVEN_UP_KEPT_DAYS,
    ])
  }

  close(): Promise<void> {
    return this.pool.end()
  }
}

/** A mail that was put off for a day, or refused for good when it was tried again. */
export interface MailGivenUp {
  /** As in its Message-ID: the event's and the kind. */
  readonly id: string
  /** What it is about: a payment, or a profile. */
  readonly key: string
  readonly attempts: number
  readonly givenUpAt: Date
  readonly reason: string
}

const MAIL_ID = `event_id || '.' || kind`

/** The latest first. */
export async function listMailsGivenUp(pool: Pool, limit: number): Promise<readonly MailGivenUp[]> {
  const { rows } = await pool.query<MailGivenUp>(
    `select ${MAIL_ID} as id, key, attempts, given_up_at as "givenUpAt", reason
     from postponed_mails where given_up_at is not null order by given_up_at desc limit $1`,
    [limit],
  )
  return rows
}

/** Has one mail, or all that were given up, tried again for as long as a new one, under the same Message-ID; answers how many. */
export async function resendMails(pool: Pool, id: string | null): Promise<number> {
  const { rowCount } = await pool.query(
    `update postponed_mails set given_up_at = null, reason = null, attempts = 1, first_refused_at = now(), due_at = now()
     where given_up_at is not null and ($1::text is null or ${MAIL_ID} = $1)`,
    [id],
  )
  return rowCount ?? 0
}
