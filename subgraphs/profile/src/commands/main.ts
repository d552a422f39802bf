import { ConfigError, inProcessWakeups, readConfig, setting, systemClock } from '@corridor/platform'
import { KEY_SETTINGS, recordSettings } from '../config.ts'
import { runCommand, USAGE } from './run-command.ts'

const MISUSED = 2

try {
  const config = readConfig(process.env, { ...KEY_SETTINGS, PROFILE_DATABASE_URL: setting.url() })
  const wakeups = inProcessWakeups()
  const said = await runCommand(process.argv.slice(2), {
    ...recordSettings(config),
    databaseUrl: config.PROFILE_DATABASE_URL,
    clock: systemClock,
    wakeups,
  })
  await wakeups.close()
  console.log(said ?? USAGE)
  if (said === undefined) process.exitCode = MISUSED
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof RangeError)) throw error
  console.error(error.message)
  process.exitCode = MISUSED
}
