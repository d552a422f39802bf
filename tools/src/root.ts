import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root, two folders above this file whether it runs from `src` or from `dist`. */
export const ROOT: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
