import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startPostgres } from '@corridor/dev-services'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    postgresAdminUrl: string
  }
}

/** One real PostgreSQL for the whole run, in a folder of its own that is removed afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'corridor-test-'))
  chmodSync(folder, 0o755)
  const postgres = await startPostgres({
    dataDirectory: join(folder, 'data'),
    binariesDirectory: join(folder, 'postgresql'),
    logFile: join(folder, 'postgres.log'),
    port: await freePort(),
    password: randomBytes(18).toString('base64url'),
  })
  project.provide('postgresAdminUrl', postgres.adminUrl)
  return async () => {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
