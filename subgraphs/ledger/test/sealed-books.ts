import { generateKeyPairSync } from 'node:crypto'
import { inProcessWakeups, type Pool, silentLogger, systemClock } from '@corridor/platform'
import { createLedgerSealer, type LedgerSealer } from '../src/index.ts'
import type { TestBooks } from './books.ts'

/** A private Ed25519 JWK, new each time. */
export const newSealingKey = () => generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })

/** A sealer over the books of a test, with a key of its own. */
export const sealerOf = (books: TestBooks): LedgerSealer =>
  createLedgerSealer({
    databaseUrl: books.database.applicationUrl,
    privateJwk: newSealingKey(),
    clock: systemClock,
    logger: silentLogger,
    wakeups: inProcessWakeups(),
    service: 'ledger-sealer',
  })

/** A pool whose transactions stop before their commit until they are let go. */
export function holdingCommits(pool: Pool): { pool: Pool; reached: Promise<void>; letGo: () => void } {
  const reached = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const connect = async () => {
    const client = await pool.connect()
    const query = client.query.bind(client) as (...given: unknown[]) => unknown
    return {
      query: async (...given: unknown[]) => {
        if (given[0] === 'commit') {
          reached.resolve()
          await gate.promise
        }
        return query(...given)
      },
      release: (broken?: Error) => client.release(broken),
    }
  }
  const query = pool.query.bind(pool)
  // What `inTransaction` and the write path use of a pool.
  return { pool: { connect, query } as unknown as Pool, reached: reached.promise, letGo: () => gate.resolve() }
}
