import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from '@corridor/dev-services'
import { applicationUrl, type DatabaseName } from './databases.ts'
import { Secrets } from './secrets.ts'
import { readPlatformSettings } from './settings.ts'

/**
 * A database of the running platform for a command beside it: `<NAME>_DATABASE_URL`, else the embedded one, with the
 * password that the platform's start made.
 *
 * @throws StartError when there is neither.
 */
export function applicationUrlFrom(env: Readonly<Record<string, string | undefined>>, name: DatabaseName): string {
  const given = env[`${name.toUpperCase().replace('-', '_')}_DATABASE_URL`]
  if (given) return given
  const { dataDirectory, ports } = readPlatformSettings(env)
  const path = join(dataDirectory, 'secrets.json')
  if (!existsSync(path)) throw new StartError(`There is no data in ${dataDirectory}.`, 'start with npm start first')
  return applicationUrl(name, {
    port: ports.postgres,
    password: Secrets.textIn(path, `database.${name}.application`),
  })
}
