import { readConfig, setting } from '@corridor/platform'
import { fetchToken } from '../api-client.ts'
import { describeFailure } from '../describe-failure.ts'
import { routerUrl } from '../ports.ts'
import { readPlatformSettings } from '../settings.ts'

const STAFF = 'ops'
const TIMEOUT_MS = 15_000
/** What scripts go by. */
const EXIT = { up: 0, degraded: 1, down: 2 } as const
const UNREACHABLE = 3
const USAGE = 'npm run status [-- --json]\n'

/**
 * `npm run status`: the whole platform as a table, or as JSON. Of the running development platform, or of the router at
 * `ROUTER_URL` with the access token in `STATUS_TOKEN`.
 */
async function main(args: readonly string[]): Promise<number> {
  const asJson = args.includes('--json')
  if (args.some((argument) => argument !== '--json')) {
    process.stderr.write(USAGE)
    return UNREACHABLE
  }
  const config = readConfig(process.env, {
    ROUTER_URL: setting.optional(setting.url()),
    STATUS_TOKEN: setting.optional(setting.text()),
  })
  const { ports } = readPlatformSettings(process.env)
  const token = config.STATUS_TOKEN ?? (await fetchToken(`http://localhost:${ports.identity}/oauth2/token`, STAFF))
  const url = new URL('/status', config.ROUTER_URL ?? routerUrl(ports))
  const ask = (accept: string) =>
    fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  const response = await ask(asJson ? 'application/json' : 'text/plain')
  const text = await response.text()
  if (!response.ok) {
    process.stderr.write(`The router refused: ${text}\n`)
    return UNREACHABLE
  }
  process.stdout.write(asJson ? `${text}\n` : text)
  const state = asJson ? (JSON.parse(text) as { state: keyof typeof EXIT }).state : text.split(' ', 1)[0]
  return state === 'up' || state === 'degraded' ? EXIT[state] : EXIT.down
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`)
  process.exitCode = UNREACHABLE
}
