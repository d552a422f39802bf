import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { openRecords, type RecordsDeps } from '../profile-core.ts'
import { importNameList } from '../use-cases/screening.ts'

const KEYS_PER_STEP = 500

export const USAGE = `Usage:
  import-names <list> <file.csv>   replaces a list of names that people are screened against; the column is called name
  rotate-keys                      wraps every subject's key with PROFILE_MASTER_KEY; run it once all services have that
                                   and the earlier ones in PROFILE_PREVIOUS_MASTER_KEYS`

/** Runs one command and answers what it did, in a sentence; undefined for one that there is not. */
export async function runCommand(args: readonly string[], deps: RecordsDeps): Promise<string | undefined> {
  const [command, list, file] = args
  if (command === 'import-names' && list !== undefined && file !== undefined) return importNames(deps, { list, file })
  if (command === 'rotate-keys' && args.length === 1) return rotateKeys(deps)
  return undefined
}

async function importNames(deps: RecordsDeps, { list, file }: { list: string; file: string }): Promise<string> {
  const rows = parse(await readFile(file), { columns: true, bom: true, trim: true, skip_empty_lines: true })
  const names = (rows as { name?: string }[]).map(({ name }) => name ?? '')
  const records = await openRecords(deps, 'profile-commands')
  try {
    const { version, entries } = await importNameList(records.store, { list, names })
    return `${list} has ${entries} names now, as version ${version}; everybody is screened anew by profile-sync.`
  } finally {
    await records.close()
  }
}

async function rotateKeys(deps: RecordsDeps): Promise<string> {
  const records = await openRecords(deps, 'profile-commands')
  try {
    let total = 0
    for (let step = -1; step !== 0; total += step) step = await records.store.deps.keys.rotate(KEYS_PER_STEP)
    return `${total} keys were wrapped anew; no key needs an earlier master key any more.`
  } finally {
    await records.close()
  }
}
