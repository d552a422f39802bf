import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { certificateOf, keyOf } from './authority.ts'
import type { Party } from './names.ts'
import { run } from './programs.ts'

const ALIAS = 'corridor'
const OWNER_ONLY = 0o600
const PASSWORD_BYTES = 24
/** The variable by which openssl and keytool read the password, so that it is in no list of processes. */
const PASSWORD = 'CORRIDOR_STORE_PASSWORD'

/** The password of all stores of a folder, made once; readable by the owner alone. */
export function storePassword(folder: string): string {
  const file = join(folder, 'store-password')
  if (!existsSync(file)) writeFileSync(file, randomBytes(PASSWORD_BYTES).toString('base64url'), { mode: OWNER_ONLY })
  return readFileSync(file, 'utf8')
}

/**
 * `<name>.p12` and `<name>.jks` with the party's key and chain. They replace [keystore.tls] alone: a product signs its
 * tokens with [keystore.primary], and a new one there would end every token.
 */
export function writeKeystores(folder: string, { name }: Party): void {
  const env = { [PASSWORD]: storePassword(folder) }
  const p12 = join(folder, `${name}.p12`)
  const jks = join(folder, `${name}.jks`)
  run(
    'openssl',
    [
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
      `env:${PASSWORD}`,
    ],
    { env },
  )
  rmSync(jks, { force: true })
  run(
    'keytool',
    [
      '-importkeystore',
      '-noprompt',
      '-srckeystore',
      p12,
      '-srcstoretype',
      'PKCS12',
      '-srcstorepass:env',
      PASSWORD,
      '-destkeystore',
      jks,
      '-deststoretype',
      'JKS',
      '-deststorepass:env',
      PASSWORD,
      '-destkeypass:env',
      PASSWORD,
    ],
    { env },
  )
}

/**
 * `truststore.p12` and `truststore.jks`: our authority, and what the products trust by themselves. Without their own
 * certificates a product would no longer reach itself: its gateway and its event hub stay silent then.
 */
export function writeTruststores(
  folder: string,
  products: readonly { readonly name: string; readonly store: string; readonly password: string }[],
): void {
  const env = { [PASSWORD]: storePassword(folder) }
  for (const [file, type] of [
    ['truststore.p12', 'PKCS12'],
    ['truststore.jks', 'JKS'],
  ] as const) {
    const store = join(folder, file)
    rmSync(store, { force: true })
    for (const { name, store: theirs, password } of products) {
      const theirEnv = { ...env, [`${PASSWORD}_OF_${name}`]: password }
      run(
        'keytool',
        [
          '-importkeystore',
          '-noprompt',
          '-srckeystore',
          theirs,
          '-srcstorepass:env',
          `${PASSWORD}_OF_${name}`,
          '-destkeystore',
          store,
          '-deststoretype',
          type,
          '-deststorepass:env',
          PASSWORD,
        ],
        { env: theirEnv },
      )
    }
    run(
      'keytool',
      [
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
        '-storepass:env',
        PASSWORD,
      ],
      { env },
    )
  }
}
