import { queueChannel } from '@corridor/events'
import { type EntityManager, type MikroORM, RefusalError, type Result, type Wakeups } from '@corridor/platform'

/** One transaction of entities and SQL alike, and the relay woken behind it; a refusal rolls it back. */
export async function inTransaction<T>(
  { orm, wakeups }: { readonly orm: MikroORM; readonly wakeups: Wakeups },
  work: (tx: EntityManager) => Promise<Result<T>>,
): Promise<Result<T>> {
  try {
    const result = await orm.em.fork().transactional(async (tx) => {
      const outcome = await work(tx as EntityManager)
      if (!outcome.ok) throw new RefusalError(outcome)
      return outcome
    })
    wakeups.wake(queueChannel('profile'))
    return result
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal
    throw error
  }
}
