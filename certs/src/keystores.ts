import { randomBytes } from 'node:crypto'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { certificateOf, keyOf } from './authority.ts'
import type { Party } from './names.ts'
import { run } from './programs.ts'

const ALIAS = 'corridor'
const OWNER_ONLY = 0o600
const PASSWORD_BYTES = 24
/** The file with the password of all stores of a folder, made once; readable by the owner alone. */
export function storePasswordFile(folder: string): string {
  const file = join(folder, 'store-password')
  if (!existsSync(file)) writeFileSync(file, randomBytes(PASSWORD_BYTES).toString('base64url'), { mode: OWNER_ONLY })
  return file
}

/**
 * `<name>.p12` and `<name>.jks` with the party's key and chain. They replace [keystore.tls] alone: a product signs its
 * tokens with [keystore.primary], and a new one there would end every token.
 */
export function writeKeystores(folder: string, { name }: Party): void {
  const password = storePasswordFile(folder)
  const p12 = join(folder, `${name}.p12`)
  const jks = join(folder, `${name}.jks`)
  run('openssl', [
    'pkcs12',
    '-export',
    '-name',
    ALIAS,
    '-inkey',
    keyOf(folder, name),
    '-in',
    certificateOf(folder, name),
    '-certfile',
    certificateOf(folder, 'ca'),
    '-out',
    p12,
    '-passout',
    `file:${password}`,
  ])
  rmSync(jks, { force: true })
  run('keytool', [
    '-importkeystore',
    '-noprompt',
    '-srckeystore',
    p12,
    '-srcstoretype',
    'PKCS12',
    '-srcstorepass:file',
    password,
    '-destkeystore',
    jks,
    '-deststoretype',
    'JKS',
    '-deststorepass:file',
    password,
    '-destkeypass:file',
    password,
  ])
}

/**
 * `truststore.p12` and `truststore.jks`: our authority, and what the products trust by themselves. Without their own
 * certificates a product would no longer reach itself: its gateway and its event hub stay silent then.
 */
export function writeTruststores(
  folder: string,
  products: readonly { readonly store: string; readonly passwordFile: string }[],
): void {
  const password = storePasswordFile(folder)
  for (const [file, type] of [
    ['truststore.p12', 'PKCS12'],
    ['truststore.jks', 'JKS'],
  ] as const) {
    const store = join(folder, file)
    rmSync(store, { force: true })
    for (const { store: theirs, passwordFile } of products) {
      run('keytool', [
        '-importkeystore',
        '-noprompt',
        '-srckeystore',
        theirs,
        '-srcstorepass:file',
        passwordFile,
        '-destkeystore',
        store,
        '-deststoretype',
        type,
        '-deststorepass:file',
        password,
      ])
    }
    run('keytool', [
      '-importcert',
      '-noprompt',
      '-alias',
      ALIAS,
      '-file',
      certificateOf(folder, 'ca'),
      '-keystore',
      store,
      '-storetype',
      type,
      '-storepass:file',
      password,
    ])
  }
}
