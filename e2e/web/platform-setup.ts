import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FREE_PORTS, startPlatform } from '@corridor/embedded'
import { silentLogger } from '@corridor/platform'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** http://localhost:4000/graphql */
    readonly graphqlUrl: string
    readonly tokenUrl: string
  }
}

const SETTLE_AFTER_MS = 50
const RATE_INTERVAL_MS = 1_000

/** One platform for all tests of the web app, with the app as it was built. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'corridor-web-'))
  chmodSync(folder, 0o755) // PostgreSQL's own user passes through when the tests run as root.
  const platform = await startPlatform({
    dataDirectory: join(folder, '.data'),
    ports: FREE_PORTS,
    logger: silentLogger,
    settleAfterMs: SETTLE_AFTER_MS,
    rateIntervalMs: RATE_INTERVAL_MS,
  })
  provide('graphqlUrl', platform.url)
  provide('tokenUrl', platform.tokenUrl ?? '')
  return async () => {
    await platform.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
