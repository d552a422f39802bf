import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiClient, FREE_PORTS, fetchToken, type RunningPlatform, startPlatform } from '@corridor/embedded'
import { silentLogger } from '@corridor/platform'

/** A whole platform of its own on free ports and a temporary folder, and the clients made for it. */
export interface TestPlatform {
  readonly platform: RunningPlatform
  readonly dataDirectory: string
  /** A client with the token of that user, all scopes of his roles. */
  signIn(username: string): Promise<ApiClient>
  stop(): Promise<void>
}

export const startTestPlatform = (): Promise<TestPlatform> =>
  testPlatform((dataDirectory) =>
    startPlatform({ dataDirectory, ports: FREE_PORTS, logger: silentLogger, settleAfterMs: 50 }),
  )

/** What `launch` starts on the temporary folder that it is given. */
export async function testPlatform(launch: (dataDirectory: string) => Promise<RunningPlatform>): Promise<TestPlatform> {
  const folder = mkdtempSync(join(tmpdir(), 'corridor-e2e-'))
  chmodSync(folder, 0o755) // PostgreSQL's own user passes through when the tests run as root.
  const dataDirectory = join(folder, '.data')
  const platform = await launch(dataDirectory)
  const clients: ApiClient[] = []
  return {
    platform,
    dataDirectory,
    async signIn(username) {
      const client = new ApiClient(platform.url, await fetchToken(platform.tokenUrl ?? '', username))
      clients.push(client)
      return client
    },
    async stop() {
      await Promise.all(clients.map((client) => client.close()))
      await platform.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
