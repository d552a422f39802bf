import { listDeadDeliveries, replayDeadDeliveries } from '@corridor/payment'
import { isUuid, type Pool, systemClock } from '@corridor/platform'
import { listMailsGivenUp, resendMails } from '@corridor/profile'

/** What was given up one by one, rather than with its event: as lines to read, and tried again at will. */
export interface GivenUp {
  /** Whose database it is in. */
  readonly domain: 'profile' | 'payment'
  isId(text: string): boolean
  lines(pool: Pool, limit: number): Promise<readonly string[]>
  /** All of them for null; answers how many. */
  tryAgain(pool: Pool, id: string | null): Promise<number>
}

/** By the name of the command. */
export const GIVEN_UP: ReadonlyMap<string, GivenUp> = new Map(
  Object.entries({
    mails: {
      domain: 'profile',
      isId: (text) => isUuid(text.slice(0, text.indexOf('.'))),
      lines: async (pool, limit) =>
        (await listMailsGivenUp(pool, limit)).map(
          ({ id, key, attempts, givenUpAt, reason }) =>
            `${id}  about ${key}, given up at ${givenUpAt.toISOString()} after ${attempts} attempts: ${reason}`,
        ),
      tryAgain: resendMails,
    },
    webhooks: {
      domain: 'payment',
      isId: isUuid,
      lines: async (pool, limit) =>
        (await listDeadDeliveries(pool, limit)).map(
          ({ id, webhookId, eventType, occurredAt, attempts, lastError }) =>
            `${id}  ${eventType} of ${occurredAt.toISOString()} to ${webhookId}, after ${attempts} attempts: ${lastError}`,
        ),
      tryAgain: (pool, id) => replayDeadDeliveries(pool, { id, now: systemClock.now() }),
    },
  } satisfies Record<string, GivenUp>),
)
