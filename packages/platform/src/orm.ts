import { type EntityClass, type EntityManager, MikroORM } from '@mikro-orm/postgresql'
import { CompiledQuery } from 'kysely'
import type pg from 'pg'
import type { SqlClient } from './database.ts'
import { observePool } from './metrics/pool-metrics.ts'
import { traceQueries } from './telemetry/sql-spans.ts'

export { type EntityManager, LockMode, type MikroORM } from '@mikro-orm/postgresql'

const DEFAULT_ORM_POOL_SIZE = 10

/**
 * A MikroORM for one domain, over its own entities alone: several live in one process, and MikroORM's metadata is
 * global. Schemas come from the numbered SQL migrations, never from the ORM.
 */
export async function createOrm({
  url,
  service,
  entities,
  max = DEFAULT_ORM_POOL_SIZE,
}: {
  url: string
  service: string
  entities: readonly EntityClass<object>[]
  max?: number
}): Promise<MikroORM> {
  const pools: pg.Pool[] = []
  const orm = await MikroORM.init({
    clientUrl: url,
    entities: [...entities],
    pool: { min: 0, max },
    driverOptions: {
      application_name: service,
      onPoolCreated(pool: pg.Pool) {
        observePool(pool, { service })
        traceQueries(pool, service)
        pools.push(pool)
      },
    },
    discovery: { warnWhenNoEntities: false },
    forceUtcTimezone: true,
    ignoreUndefinedInQuery: true,
    debug: false,
  })
  orm.em.fork().getKysely() // Makes the pool, which connects later: so its database is known before it is used.
  const close = orm.close.bind(orm)
  orm.close = async (force) => {
    await close(force)
    for (const pool of pools) if (!pool.ending) await pool.end() // One that was never used is left open otherwise.
  }
  return orm
}

/** SQL inside the transaction that `em` is in, so that a queue row commits with the entities that it speaks of. */
export function sqlOf(em: EntityManager): SqlClient {
  return {
    async query(text, values = []) {
      const sql = typeof text === 'string' ? text : text.text
      const given = typeof text === 'string' ? values : (text.values ?? values)
      const result = await em.getKysely().executeQuery(CompiledQuery.raw(sql, [...given]))
      const changed = result.numAffectedRows === undefined ? result.rows.length : Number(result.numAffectedRows)
      return { rows: result.rows as never, rowCount: changed } // The caller names the row type, as with pg.
    },
  }
}
