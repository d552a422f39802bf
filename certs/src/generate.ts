import { chmodSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureAuthority, ensureCertificate } from './authority.ts'
import { writeKeystores, writeTruststores } from './keystores.ts'
import { PARTIES, type Party } from './names.ts'

export interface GenerateOptions {
  readonly folder: string
  readonly now: Date
  readonly renewBeforeDays?: number
  readonly parties?: readonly Party[]
  /** Trust stores that the products bring; their certificates are trusted too. */
  readonly productTruststores?: readonly { readonly store: string; readonly passwordFile: string }[]
}

const RENEW_BEFORE_DAYS = 30

/**
 * Makes what is missing, wrong or about to end: an authority, a certificate for every party, key stores for the products,
 * trust stores. What is good stays as it is.
 *
 * @returns the names of what was made.
 */
export function generate(options: GenerateOptions): string[] {
  const { folder, now, parties = PARTIES, renewBeforeDays = RENEW_BEFORE_DAYS, productTruststores = [] } = options
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const target = { folder, now, renewBeforeDays }
  const made = ensureAuthority(target) ? ['ca'] : []
  const stores = new Set(readdirSync(folder))
  for (const party of parties) {
    const isNew = ensureCertificate(target, party)
    if (isNew) made.push(party.name)
    if (party.keystore && (isNew || !stores.has(`${party.name}.jks`))) {
      writeKeystores(folder, party)
      made.push(`${party.name}.p12`, `${party.name}.jks`)
    }
  }
  if (parties.some(({ keystore }) => keystore) && (made.includes('ca') || !stores.has('truststore.jks'))) {
    writeTruststores(folder, productTruststores)
    made.push('truststore.p12', 'truststore.jks')
  }
  protectKeys(folder)
  return made
}

/** Keys are read by their owner alone. The composed containers get theirs as secrets. */
function protectKeys(folder: string): void {
  for (const file of readdirSync(folder)) if (/\.(key|p12|jks)$/.test(file)) chmodSync(join(folder, file), 0o600)
}
