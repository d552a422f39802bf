import { ConfigError, Fault, readConfig, setting } from '@corridor/platform'
import { DYNAMO_SETTINGS, dynamoOf } from '../config.ts'
import { isPair } from '../domain/rate.ts'
import { RateHistory } from '../history/rate-history.ts'

const USAGE = `npm run rates -- table                        makes the table of the history, or verifies it
npm run rates -- candles <pair> <from> <to>   makes the candles of whole days again from their ticks, both days included

Of the history that DYNAMODB_ENDPOINT names; without it, of the platform that runs here.`

const EMBEDDED_PORT = 8000
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** A command that is written wrongly; what is wrong stands in its message. */
class UsageError extends Error {
  override readonly name = 'UsageError'
}

async function main([command, ...given]: readonly string[]): Promise<string> {
  if (command === 'table' && given.length === 0) return await withHistory(makeTable)
  if (command !== 'candles' || given.length !== 3) throw new UsageError(USAGE)
  const [pair = '', from = '', to = ''] = given
  if (!isPair(pair)) throw new UsageError(`${pair} is not a pair of two currencies.`)
  const [first, last] = [dayOf(from), dayOf(to)]
  if (last < first) throw new UsageError(`${to} is before ${from}.`)
  return await withHistory(async (history) => {
    await history.rebuildCandles(pair, first, last)
    return `The candles of ${pair} from ${from} to ${to} are what their ticks say.`
  })
}

async function makeTable(history: RateHistory): Promise<string> {
  await history.ensureTable()
  await history.check()
  return 'The table is there, and has the keys that it must have.'
}

async function withHistory(work: (history: RateHistory) => Promise<string>): Promise<string> {
  const { PLATFORM_PORT_OFFSET: offset, ...dynamo } = readConfig(process.env, {
    ...DYNAMO_SETTINGS,
    PLATFORM_PORT_OFFSET: setting.integer(0),
  })
  const history = new RateHistory(dynamoOf(dynamo) ?? { endpoint: `http://127.0.0.1:${EMBEDDED_PORT + offset}` })
  try {
    return await work(history)
  } finally {
    history.close()
  }
}

function dayOf(text: string): Date {
  const day = new Date(`${text}T00:00:00.000Z`)
  if (!DAY.test(text) || Number.isNaN(day.getTime())) throw new UsageError(`${text} is no day such as 2026-11-22.`)
  return day
}

try {
  process.stdout.write(`${await main(process.argv.slice(2))}\n`)
} catch (error) {
  const expected = error instanceof UsageError || error instanceof ConfigError || error instanceof Fault
  if (!expected) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
