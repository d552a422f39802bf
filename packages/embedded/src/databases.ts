import { forexMigrations } from '@corridor/forex'
import { ledgerMigrations } from '@corridor/ledger'
import { paymentMigrations } from '@corridor/payment'
import { applicationRole, migrate, provisionDatabase } from '@corridor/platform'
import { profileKeyMigrations, profileMigrations } from '@corridor/profile'
import { ruleEngineMigrations } from '@corridor/rule-engine'
import { walletMigrations } from '@corridor/wallet'

/** Every database of the platform, with the files that bring it up to date. */
const DATABASES = {
  forex: { database: 'forex_db', directory: forexMigrations },
  ledger: { database: 'ledger_db', directory: ledgerMigrations },
  payment: { database: 'payment_db', directory: paymentMigrations },
  profile: { database: 'profile_db', directory: profileMigrations },
  'profile-keys': { database: 'profile_keys_db', directory: profileKeyMigrations },
  'rule-engine': { database: 'rule_engine_db', directory: ruleEngineMigrations },
  wallet: { database: 'wallet_db', directory: walletMigrations },
} as const

export type DatabaseName = keyof typeof DATABASES
export const DATABASE_NAMES = Object.keys(DATABASES) as DatabaseName[] // The keys are these names and no others.

/** The application role's address of each database. */
export type ApplicationUrls = Readonly<Record<DatabaseName, string>>

export interface PreparedDatabase {
  readonly name: DatabaseName
  readonly applicationUrl: string
  /** The migrations that were run now. */
  readonly applied: readonly string[]
}

/** Makes every database with its owner and application role, and brings each to its newest migration, as its owner. */
export async function prepareDatabases(input: {
  adminUrl: string
  passwordOf: (name: DatabaseName, role: 'owner' | 'application') => string
}): Promise<readonly PreparedDatabase[]> {
  const { adminUrl, passwordOf } = input
  const provisioned: { name: DatabaseName; ownerUrl: string; applicationUrl: string }[] = []
  // One after the other: the server copies one template for all of them.
  for (const name of DATABASE_NAMES) {
    const urls = await provisionDatabase({
      adminUrl,
      database: DATABASES[name].database,
      ownerPassword: passwordOf(name, 'owner'),
      applicationPassword: passwordOf(name, 'application'),
    })
    provisioned.push({ name, ...urls })
  }
  return await Promise.all(
    provisioned.map(async ({ name, ownerUrl, applicationUrl }) => ({
      name,
      applicationUrl,
      applied: await migrate({ ownerUrl, directory: DATABASES[name].directory }),
    })),
  )
}

export function applicationUrls(prepared: readonly PreparedDatabase[]): ApplicationUrls {
  const urls = prepared.map(({ name, applicationUrl }) => [name, applicationUrl])
  return Object.fromEntries(urls) as ApplicationUrls // One per name.
}

/** Where a program beside the platform finds one of its embedded databases. */
export function applicationUrl(name: DatabaseName, { port, password }: { port: number; password: string }): string {
  const { database } = DATABASES[name]
  return `postgres://${applicationRole(database)}:${encodeURIComponent(password)}@localhost:${port}/${database}`
}
