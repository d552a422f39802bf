import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer as createHttpsServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { generate } from '../src/generate.ts'
import { storePasswordFile } from '../src/keystores.ts'
import type { Party } from '../src/names.ts'
import { run } from '../src/programs.ts'

const NOW = new Date()
const PARTIES: readonly Party[] = [
  { name: 'router', hosts: ['localhost'], keystore: false },
  { name: 'forex', hosts: ['localhost'], keystore: false },
  { name: 'wso2am', hosts: ['localhost'], keystore: true },
]

let made: string
let folder: string
beforeAll(() => {
  made = mkdtempSync(join(tmpdir(), 'corridor-certs-'))
  generate({ folder: made, now: NOW, parties: PARTIES })
})
afterAll(() => rmSync(made, { recursive: true, force: true }))
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corridor-certs-'))
  cpSync(made, folder, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string): string => join(folder, name)
const digest = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(file(name)))
    .digest('hex')
const make = (renewBeforeDays = 30): string[] => generate({ folder, now: NOW, parties: PARTIES, renewBeforeDays })

describe('npm run certs', () => {
  it('makes all that is missing, and nothing the second time', () => {
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining(['ca.pem', 'router.pem', 'router.key', 'wso2am.p12', 'wso2am.jks', 'truststore.jks']),
    )
    expect(make()).toEqual([])
  })

  it('makes anew what is about to end, under the same authority', () => {
    const [authority, router] = [digest('ca.pem'), digest('router.pem')]
    expect(make(400)).toContain('router')
    expect(digest('ca.pem')).toBe(authority)
    expect(digest('router.pem')).not.toBe(router)
  })

  it('makes anew what lacks a name, and what another authority signed', () => {
    const renamed = PARTIES.map((party) => (party.name === 'forex' ? { ...party, hosts: ['rates.example'] } : party))
    expect(generate({ folder, now: NOW, parties: renamed })).toEqual(['forex'])
    rmSync(file('ca.pem'))
    expect(generate({ folder, now: NOW, parties: renamed })).toEqual(
      expect.arrayContaining(['ca', 'router', 'forex', 'wso2am', 'truststore.jks']),
    )
  })

  it('keeps keys from everybody but their owner', () => {
    const open = readdirSync(folder).filter(
      (name) => /key$|p12$|jks$|password$/.test(name) && (statSync(file(name)).mode & 0o077) !== 0,
    )
    expect(open).toEqual([])
  })

  it('makes stores that keytool and openssl open', () => {
    const password = storePasswordFile(folder)
    const list = (store: string): string =>
      run('keytool', ['-list', '-keystore', file(store), '-storepass:file', password])
    for (const store of ['wso2am.p12', 'wso2am.jks']) expect(list(store)).toContain('PrivateKeyEntry')
    for (const store of ['truststore.p12', 'truststore.jks']) expect(list(store)).toContain('trustedCertEntry')
    expect(run('openssl', ['pkcs12', '-in', file('wso2am.p12'), '-nokeys', '-passin', `file:${password}`])).toContain(
      'CN = wso2am',
    )
    expect(run('openssl', ['verify', '-CAfile', file('ca.pem'), file('router.pem')])).toContain('OK')
  })

  it('trusts what the products trust, too', () => {
    const passwordFile = file('their-password')
    writeFileSync(passwordFile, 'changeit')
    const theirs = file('theirs.jks')
    run('keytool', [
      '-genkeypair',
      '-alias',
      'wso2carbon',
      '-keyalg',
      'RSA',
      '-dname',
      'CN=localhost',
      '-keystore',
      theirs,
      '-storepass:file',
      passwordFile,
      '-storetype',
      'JKS',
    ])
    rmSync(file('truststore.jks'))
    generate({ folder, now: NOW, parties: PARTIES, productTruststores: [{ store: theirs, passwordFile }] })
    const password = storePasswordFile(folder)
    const listed = run('keytool', ['-list', '-keystore', file('truststore.jks'), '-storepass:file', password])
    expect(listed).toContain('wso2carbon')
    expect(listed).toContain('corridor')
  })
})

describe('the certificates', () => {
  it('serve a caller who shows one of the same authority, and no other', async () => {
    const server = createHttpsServer(
      {
        cert: readFileSync(file('forex.pem')),
        key: readFileSync(file('forex.key')),
        ca: readFileSync(file('ca.pem')),
        requestCert: true,
        rejectUnauthorized: true,
      },
      (_, response) => response.end('rates'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo // It listens on TCP.
    const ca = readFileSync(file('ca.pem'))
    const ask = (more: object): Promise<string> =>
      new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, servername: 'forex', ca, ...more }, (response) => {
          response.setEncoding('utf8').once('data', resolve)
        })
        asked.once('error', reject)
        asked.end()
      })
    try {
      const shown = { cert: readFileSync(file('router.pem')), key: readFileSync(file('router.key')) }
      expect(await ask(shown)).toBe('rates')
      await expect(ask({})).rejects.toThrow()
      await expect(ask({ ...shown, servername: 'ledger' })).rejects.toThrow(/altnames/)
      await expect(ask({ ...shown, ca: [] })).rejects.toThrow()
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })
})
