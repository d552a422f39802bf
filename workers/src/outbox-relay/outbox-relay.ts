import { type EventBus, HandledPurge, Relay } from '@corridor/events'
import { createPool, type Logger, type Pool, type Wakeups } from '@corridor/platform'

export interface OutboxRelayDeps {
  /** The application role's address of each domain's database, by domain. */
  readonly databaseUrls: Readonly<Record<string, string>>
  readonly bus: EventBus
  readonly wakeups: Wakeups
  readonly logger: Logger
}

const CONNECTIONS_PER_DOMAIN = 2

/**
 * The relays of all domains: each delivers its own queue, so that one database that is away holds up no other. Beside each
 * goes what its domain need not know any longer.
 */
export class OutboxRelay {
  private readonly domains: readonly { pool: Pool; relay: Relay; purge: HandledPurge }[]

  constructor({ databaseUrls, bus, wakeups, logger }: OutboxRelayDeps) {
    this.domains = Object.entries(databaseUrls).map(([domain, url]) => {
      const pool = createPool({ url, service: 'outbox-relay', max: CONNECTIONS_PER_DOMAIN })
      const purge = new HandledPurge({ domain, pool, logger })
      return { pool, relay: new Relay({ domain, pool, bus, wakeups, logger }), purge }
    })
  }

  start(): void {
    for (const { relay, purge } of this.domains) {
      relay.start()
      purge.start()
    }
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.domains.map(async ({ pool, relay, purge }) => {
        try {
          await Promise.all([relay.stop(), purge.stop()])
        } finally {
          await pool.end()
        }
      }),
    )
  }
}
