import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'

const IS = resolve(import.meta.dirname, '../is')
const JAR = 'wso2is.notification.event.handlers-2.0.5.jar'
const PATH = `org/wso2/km/ext/wso2is/wso2is.notification.event.handlers/2.0.5/${JAR}`
const TIMEOUT_MS = 120_000

/** Maven's own of this file: its plugins are fetched once, the handler is looked for every time. */
const local = mkdtempSync(join(tmpdir(), 'corridor-maven-'))
let folder: string
beforeEach(() => {
  rmSync(join(local, 'org/wso2'), { recursive: true, force: true })
  folder = mkdtempSync(join(tmpdir(), 'corridor-handler-'))
  cpSync(join(IS, 'handler'), join(folder, 'is/handler'), { recursive: true })
  mkdirSync(join(folder, 'is/dropins'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
afterAll(() => rmSync(local, { recursive: true, force: true }))

const hash = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex')

/** A Maven repository with the jar, whose stated checksum is that of `checksumOf`. */
function repository(content: string, checksumOf = content): string {
  const jar = join(folder, 'repository', PATH)
  mkdirSync(join(jar, '..'), { recursive: true })
  writeFileSync(jar, content)
  writeFileSync(`${jar}.sha1`, hash('sha1', checksumOf))
  return join(folder, 'repository')
}

/** The step of the image's build, with that repository in the place of WSO2's. */
function fetch(from: string, env: Readonly<Record<string, string>> = {}) {
  const out = join(folder, 'out')
  const { status, stderr, stdout } = spawnSync(join(folder, 'is/handler/fetch.sh'), [out], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { ...process.env, MAVEN_ARGUMENTS: `-Dwso2.repository=file://${from} -Dmaven.repo.local=${local}`, ...env },
  })
  return { status, said: stdout + stderr, jars: existsSync(out) ? readdirSync(out) : [] }
}

describe('the handler of revoked tokens', () => {
  it('is taken from the repository, by its version and checksum', () => {
    const { status, said, jars } = fetch(repository('the handler'))
    expect(said).toContain(hash('sha256', 'the handler'))
    expect({ status, jars }).toEqual({ status: 0, jars: [JAR] })
  })

  it('is not taken when it has not the checksum that the repository states', () => {
    const { status, said, jars } = fetch(repository('something else', 'the handler'))
    expect({ status, jars }).toEqual({ status: 1, jars: [] })
    expect(said).toContain('REVOCATION_NOTICE=off')
  })

  it('is refused with what to do when it cannot be had', () => {
    const { status, said, jars } = fetch(join(folder, 'nowhere'))
    expect({ status, jars }).toEqual({ status: 1, jars: [] })
    expect(said).toContain(`Put ${JAR} into wso2/is/dropins/`)
  })

  it('is the operator’s own where he has put one, and then nothing is fetched', () => {
    writeFileSync(join(folder, 'is/dropins', JAR), 'his own')
    expect(fetch(join(folder, 'nowhere'))).toMatchObject({ status: 0, jars: [JAR] })
    expect(readFileSync(join(folder, 'out', JAR), 'utf8')).toBe('his own')
  })

  it('is the one of the checksum that was named, or none', () => {
    writeFileSync(join(folder, 'is/dropins', JAR), 'his own')
    const named = (text: string) => ({ REVOCATION_JAR_SHA256: hash('sha256', text) })
    expect(fetch(join(folder, 'nowhere'), named('another'))).toMatchObject({ status: 1, jars: [] })
    expect(fetch(join(folder, 'nowhere'), named('his own'))).toMatchObject({ status: 0, jars: [JAR] })
  })

  it('is done without when that was asked for', () => {
    const { status, said, jars } = fetch(join(folder, 'nowhere'), { REVOCATION_NOTICE: 'off' })
    expect({ status, jars }).toEqual({ status: 0, jars: [] })
    expect(said).toContain('stay valid at the gateway until they end')
  })
})
