import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StartError } from '@corridor/dev-services'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDataDirectory } from '../src/data-directory.ts'
import { explainStartFailure } from '../src/explain-start-failure.ts'
import { lockDataDirectory } from '../src/lock.ts'
import { FREE_PORTS, resolvePorts } from '../src/ports.ts'
import { Secrets } from '../src/secrets.ts'
import { readPlatformSettings } from '../src/settings.ts'
import { StopStack } from '../src/stop-stack.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corridor-folder-'))
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the data folder', () => {
  it('is refused when it is a file', () => {
    const file = join(folder, 'data')
    writeFileSync(file, '')
    expect(() => openDataDirectory(file)).toThrow(/is not a folder\. Remedy: .*DATA_DIR/)
  })

  it('serves one platform at a time, and the next one after it', async () => {
    const directory = openDataDirectory(join(folder, 'data'))
    const first = await lockDataDirectory(directory)
    const second = lockDataDirectory(directory)
    await expect(second).rejects.toThrow(StartError)
    await expect(second).rejects.toThrow(new RegExp(`already running on .* \\(process ${process.pid}\\)\\. Remedy: `))
    await first.release()
    await (await lockDataDirectory(directory)).release()
  })
})

describe('secrets', () => {
  const open = (hasData = false) => Secrets.open({ path: join(folder, 'secrets.json'), hasData })

  it('are made once, kept over a restart, and for their owner alone', async () => {
    const first = await open()
    first.text('later')
    const second = await open(true)
    for (const name of ['postgres', 'profile.masterKey', 'later']) expect(second.text(name)).toBe(first.text(name))
    expect(second.publicKeys).toEqual(first.publicKeys)
    expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600)
  })

  it('are refused when the file is not what was written', async () => {
    writeFileSync(join(folder, 'secrets.json'), '{"texts": 3')
    await expect(open()).rejects.toThrow(/secrets\.json is missing or not what the platform wrote.*Remedy: .*--reset/)
  })

  it('are not made anew beside data that only the old ones open', async () => {
    await expect(open(true)).rejects.toThrow(/secrets\.json is missing/)
  })

  it('hold nothing in plain sight of the public keys', async () => {
    const { publicKeys } = await open()
    expect(Object.values(publicKeys).some((jwk) => 'd' in jwk)).toBe(false)
    expect(readFileSync(join(folder, 'secrets.json'), 'utf8')).toContain('"d"')
  })
})

describe('a start that fails', () => {
  const error = (code: string) => Object.assign(new Error('no'), { code })

  it.each([
    [error('ENOSPC'), /disk is full.*Remedy: free some space/],
    [error('53100'), /disk is full/],
    [error('EACCES'), /may not be written.*Remedy: .*DATA_DIR/],
    [error('ENOTDIR'), /is broken.*Remedy: .*--reset/],
    [new Error('outer', { cause: error('ENOSPC') }), /disk is full/],
    [new StartError('Port 4000 is taken.', 'stop it'), /^Port 4000 is taken\. Remedy: stop it\.$/],
  ])('is one sentence with cause and remedy: %s', (failure, sentence) => {
    expect(explainStartFailure(failure, '/data')).toMatch(sentence)
  })

  it('is left as it is when nobody foresaw it', () => {
    expect(explainStartFailure(new Error('something else'), '/data')).toBeUndefined()
  })

  it('stops what was started in reverse, whatever fails to stop', async () => {
    const stopped: string[] = []
    const stops = new StopStack()
    stops.push('first', async () => void stopped.push('first'))
    stops.push('second', () => Promise.reject(new Error('no')))
    stops.push('third', async () => void stopped.push('third'))
    await expect(stops.stop()).rejects.toThrow('second did not stop cleanly')
    expect(stopped).toEqual(['third', 'first'])
  })
})

describe('the settings', () => {
  it('of production are refused with everything that is missing, at once', () => {
    const start = () => readPlatformSettings({ PLATFORM_MODE: 'production', REDIS_URL: 'redis://redis' })
    for (const name of ['DATABASE_URL', 'KAFKA_BROKERS', 'DYNAMODB_ENDPOINT', 'OIDC_ISSUER', 'OANDA_API_KEY']) {
      expect(start).toThrow(name)
    }
    expect(start).not.toThrow('REDIS_URL')
  })

  it('name every bad variable and no value', () => {
    const start = () => readPlatformSettings({ PLATFORM_PORT_OFFSET: 'secret-1', REDIS_URL: 'secret-2' })
    expect(start).toThrow(/PLATFORM_PORT_OFFSET[\s\S]*REDIS_URL/)
    expect(start).not.toThrow(/secret/)
  })

  it('of rates are judged at once, and given on as they are', () => {
    expect(() => readPlatformSettings({ FX_PROVIDER: 'oanda' })).toThrow('OANDA_API_KEY is not set')
    const given = { OANDA_API_KEY: 'something', PAIRS_CSV: 'EURUSD,USDINR' }
    expect(readPlatformSettings({ ...given, RATE_INTERVAL_MS: '1' }).external.forex).toEqual(given)
  })

  it('move all ports together, and find free ones that differ', async () => {
    expect(readPlatformSettings({ PLATFORM_PORT_OFFSET: '1000' }).ports).toMatchObject({ router: 5000, forex: 9001 })
    const ports = Object.values(await resolvePorts(FREE_PORTS))
    expect(new Set(ports).size).toBe(ports.length)
    expect(ports).not.toContain(0)
  })
})
