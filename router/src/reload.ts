import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Logger } from '@corridor/platform'

/** A file whose text is in use, and how another text of it is taken; that rejects, or throws, when it is no good. */
export interface ReloadedFile {
  readonly path: string
  /** What is in use since the start. */
  readonly text: string
  readonly take: (text: string) => void | Promise<void>
}

/**
 * Looked at by its state, and not by the system's events: those say nothing of a file that is mounted from a ConfigMap,
 * or of one that another takes the place of.
 */
const LOOK_EVERY_MS = 1_000

export interface Reloading {
  /** Reads all files again, now. */
  reload(): void
  /** After what is being taken now. */
  stop(): Promise<void>
}

/** Takes what files have become whenever they change. What cannot be taken is said in the log, and all stays as it was. */
export function reloadFiles(files: readonly ReloadedFile[], logger: Logger): Reloading {
  let last: Promise<void> = Promise.resolve()
  const watched = files.map((file) => {
    const inUse = { text: file.text }
    const reload = (): void => {
      last = last.then(() => reloadFile(file, inUse, logger)) // One after the other: the newest is taken last.
    }
    watchFile(file.path, { interval: LOOK_EVERY_MS, persistent: false }, reload)
    return { path: file.path, reload }
  })
  return {
    reload() {
      for (const { reload } of watched) reload()
    },
    async stop() {
      for (const { path, reload } of watched) unwatchFile(path, reload)
      await last
    },
  }
}

async function reloadFile({ path, take }: ReloadedFile, inUse: { text: string }, logger: Logger): Promise<void> {
  try {
    const text = await readFile(path, 'utf8')
    if (text === inUse.text) return logger.info({ path }, 'read again, and there is nothing new')
    await take(text)
    inUse.text = text
    logger.info({ path }, 'taken anew')
  } catch (error) {
    logger.error({ error, path }, 'refused: what was in use before stays')
  }
}
