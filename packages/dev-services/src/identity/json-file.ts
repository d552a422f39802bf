import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StartError } from '../start-error.ts'

const PRIVATE_FILE = 0o600
const PRIVATE_DIRECTORY = 0o700

/** What the file holds, or undefined when there is none yet. */
export async function readJsonFile<T>(path: string, isValid: (value: unknown) => value is T): Promise<T | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const value = parse(text)
  if (isValid(value)) return value
  throw new StartError(`${path} is not what the development identity server wrote.`, 'delete it, or start with --reset')
}

/** Writes beside the file and then moves over it: a crash leaves the old file or the new one, never half of one. */
export async function writeJsonFile(path: string, value: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: PRIVATE_DIRECTORY })
  const beside = `${path}.new`
  await writeFile(beside, `${JSON.stringify(value, null, 2)}\n`, { mode: PRIVATE_FILE })
  await rename(beside, path)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The caller refuses undefined as it refuses any other wrong content.
    return undefined
  }
}
