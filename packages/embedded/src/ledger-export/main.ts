import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { exportLedger } from '@corridor/ledger'
import { createPool, Fault } from '@corridor/platform'
import { explainStartFailure } from '../explain-start-failure.ts'
import { applicationUrlFrom } from '../own-databases.ts'

const USAGE = `npm run ledger:export -- <file>

  Writes the sealed books of the running platform, or of LEDGER_DATABASE_URL, for npm run ledger:verify.
  A file that exists is left alone; - writes to standard output.
`

/** `npm run ledger:export`: the sealed books as a file, in constant memory. */
async function main([file, ...more]: readonly string[]): Promise<number> {
  if (file === undefined || more.length > 0) {
    process.stderr.write(USAGE)
    return 2
  }
  const pool = createPool({ url: applicationUrlFrom(process.env, 'ledger'), service: 'ledger-export', max: 1 })
  try {
    await pool.query('select 1') // A database that is away leaves no empty file behind.
    const target = file === '-' ? process.stdout : createWriteStream(file, { flags: 'wx' })
    await pipeline(Readable.from(exportLedger(pool)), target)
  } finally {
    await pool.end()
  }
  if (file !== '-') process.stderr.write(`Written to ${file}. Check it with npm run ledger:verify -- ${file}\n`)
  return 0
}

/** What went wrong as one sentence with its remedy. */
function explain(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause ? cause.code : undefined
    if (code === 'EEXIST') return 'That file is there already: name another one.'
    if (code === 'ECONNREFUSED' || (cause instanceof Fault && cause.code === 'SERVICE_UNAVAILABLE')) {
      return 'The database is not reachable: start the platform with npm start, give its PLATFORM_PORT_OFFSET, or set LEDGER_DATABASE_URL.'
    }
  }
  return explainStartFailure(error, '.data') ?? String(error)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}
