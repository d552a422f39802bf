import { type EntityClass, type EntityManager, MikroORM } from '@mikro-orm/postgresql'
import { CompiledQuery } from 'kysely'
import type { SqlClient } from './database.ts'

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
  return MikroORM.init({
    clientUrl: url,
    entities: [...entities],
    pool: { min: 0, max },
    driverOptions: { application_name: service },
    discovery: { warnWhenNoEntities: false },
    forceUtcTimezone: true,
    ignoreUndefinedInQuery: true,
    debug: false,
  })
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
