import { AsyncLocalStorage } from 'node:async_hooks'

/** Time that statements took, of one piece of work. */
export interface DatabaseTime {
  ms: number
}

const storage = new AsyncLocalStorage<DatabaseTime>()

/**
 * Runs `work` and answers with it how long its statements took together. Statements side by side count each for itself.
 * What is done for a group is counted for the one whose call had the group sent.
 */
export async function withDatabaseTime<T>(work: () => Promise<T>): Promise<{ value: T; databaseMs: number }> {
  const time: DatabaseTime = { ms: 0 }
  const value = await storage.run(time, work)
  return { value, databaseMs: time.ms }
}

/** The time of the work that is under way, to be added to; undefined outside of any. */
export const databaseTime = (): DatabaseTime | undefined => storage.getStore()
