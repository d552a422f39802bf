import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StartError } from '@corridor/dev-services'
import { silentLogger } from '@corridor/platform'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clearLeftBehind, Supervisor } from '../src/processes/supervisor.ts'
import { betweenProcesses, readPlatformSettings } from '../src/settings.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corridor-processes-'))
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a process per part', () => {
  it.each([
    [{}, 'REDIS_URL and KAFKA_BROKERS'],
    [{ REDIS_URL: 'redis://localhost:6379' }, 'KAFKA_BROKERS'],
    [{ KAFKA_BROKERS: 'localhost:9092' }, 'REDIS_URL'],
  ])('needs a Redis and a Kafka, and says what is missing: with %o', (env, missing) => {
    const { external } = readPlatformSettings(env)
    expect(() => betweenProcesses(external)).toThrow(`A process per part needs ${missing}, for`)
    expect(() => betweenProcesses(external)).toThrow(StartError)
  })

  it('that ends at its start is named, with the file that says why, and not started again', async () => {
    const supervisor = new Supervisor({ runDirectory: folder, logger: silentLogger })
    const log = join(folder, 'risk-counters.log')
    const start = supervisor.start([{ name: 'risk-counters', main: 'workers/dist/risk-counters/main.js', env: {} }])
    await expect(start).rejects.toThrow(
      `The risk-counters process ended at its start (exit code 1). Remedy: see why in ${log}`,
    )
    await supervisor.stop()
    expect(readFileSync(log, 'utf8').trim().split('\n')).toHaveLength(1)
    expect(readFileSync(log, 'utf8')).toContain('RULE_ENGINE_DATABASE_URL is not set')
    expect(readdirSync(folder)).toEqual(['risk-counters.log'])
    await clearLeftBehind(folder)
    expect(readdirSync(folder)).toEqual([])
  })
})
