import { SEED_USERS } from '@corridor/dev-services'
import { fetchToken } from '../api-client.ts'
import { describeFailure } from '../describe-failure.ts'
import { readPlatformSettings } from '../settings.ts'

const USERS = SEED_USERS.map(({ username }) => username).join(', ')

/** `npm run token -- <user>`: an access token of the running development identity, alone on standard output. */
async function main([username]: readonly string[]): Promise<number> {
  if (username === undefined) {
    process.stderr.write(`Name a user: npm run -s token -- customer1\nThere are: ${USERS}\n`)
    return 2
  }
  try {
    const { ports } = readPlatformSettings(process.env)
    process.stdout.write(`${await fetchToken(`http://localhost:${ports.identity}/oauth2/token`, username)}\n`)
    return 0
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`)
    return 1
  }
}

process.exitCode = await main(process.argv.slice(2))
