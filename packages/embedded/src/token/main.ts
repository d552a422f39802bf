import { fetchToken } from '../api-client.ts'
import { readPlatformSettings } from '../settings.ts'

/** `npm run token -- <user>`: an access token of the running development identity, alone on standard output. */
async function main([username]: readonly string[]): Promise<number> {
  if (username === undefined) {
    process.stderr.write('Name a user: npm run token -- customer1\n')
    return 2
  }
  try {
    const { ports } = readPlatformSettings(process.env)
    process.stdout.write(`${await fetchToken(`http://localhost:${ports.identity}/oauth2/token`, username)}\n`)
    return 0
  } catch (error) {
    const away = error instanceof TypeError // What fetch throws when nobody answers.
    const problem = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${away ? 'The platform is not running: start it with npm start.' : problem}\n`)
    return 1
  }
}

process.exitCode = await main(process.argv.slice(2))
