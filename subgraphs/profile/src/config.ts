import { type Clock, ConfigError, type Logger, readConfig, type Setting, setting } from '@corridor/platform'
import type { IdentityDirectory } from './identity/identity-directory.ts'
import { scimDirectory } from './identity/scim-directory.ts'
import { complyCubeProvider } from './kyc/complycube-provider.ts'
import type { KycProvider } from './kyc/kyc-provider.ts'
import { sandboxKycProvider } from './kyc/sandbox-provider.ts'

type Environment = Readonly<Record<string, string | undefined>>
type Values<Spec> = { readonly [Name in keyof Spec]: Spec[Name] extends Setting<infer T> ? T : never }

/** Where users live, and the client by which this service may change them. */
export const IDENTITY_SETTINGS = {
  /** https://is:9443/scim2 */
  IDENTITY_SCIM_URL: setting.url(),
  /** https://is:9443/oauth2/token */
  IDENTITY_TOKEN_URL: setting.url(),
  IDENTITY_CLIENT_ID: setting.text(),
  IDENTITY_CLIENT_SECRET: setting.text(),
}

/** The keys of personal data, each 32 bytes in base64; previous master keys, by commas, until keys are rotated. */
export const KEY_SETTINGS = {
  PROFILE_KEYS_DATABASE_URL: setting.url(),
  PROFILE_MASTER_KEY: setting.text(),
  PROFILE_PREVIOUS_MASTER_KEYS: setting.list([]),
  PROFILE_INDEX_KEY: setting.text(),
}

export const KYC_SETTINGS = {
  PLATFORM_MODE: setting.oneOf(['development', 'production'], 'production'),
  KYC_PROVIDER: setting.oneOf(['sandbox', 'complycube']),
}

const COMPLYCUBE_SETTINGS = {
  COMPLYCUBE_API_KEY: setting.text(),
  COMPLYCUBE_WEBHOOK_SECRET: setting.text(),
  /** Where a customer comes back to from the hosted page. */
  KYC_RETURN_URL: setting.url(),
}

const SANDBOX_SETTINGS = {
  /** The router's /callbacks/sandbox-kyc. */
  KYC_SANDBOX_CALLBACK_URL: setting.url(),
  KYC_SANDBOX_SECRET: setting.text(),
  /** Where browsers reach this service. */
  KYC_SANDBOX_PAGE_URL: setting.url(),
}

export const recordSettings = (config: Values<typeof KEY_SETTINGS>) => ({
  keysDatabaseUrl: config.PROFILE_KEYS_DATABASE_URL,
  masterKey: config.PROFILE_MASTER_KEY,
  previousMasterKeys: config.PROFILE_PREVIOUS_MASTER_KEYS,
  indexKey: config.PROFILE_INDEX_KEY,
})

export const coreSettings = (config: Values<typeof IDENTITY_SETTINGS & typeof KEY_SETTINGS>, clock: Clock) => ({
  ...recordSettings(config),
  directory: directoryOf(config, clock),
})

const directoryOf = (config: Values<typeof IDENTITY_SETTINGS>, clock: Clock): IdentityDirectory =>
  scimDirectory({
    scimUrl: config.IDENTITY_SCIM_URL,
    tokenUrl: config.IDENTITY_TOKEN_URL,
    clientId: config.IDENTITY_CLIENT_ID,
    clientSecret: config.IDENTITY_CLIENT_SECRET,
    clock,
  })

/** The configured provider of identity checks. @throws ConfigError for the sandbox in production. */
export function kycProviderOf(
  config: Values<typeof KYC_SETTINGS>,
  { env, clock, logger }: { env: Environment; clock: Clock; logger: Logger },
): KycProvider {
  if (config.KYC_PROVIDER === 'complycube') {
    const settings = readConfig(env, COMPLYCUBE_SETTINGS)
    return complyCubeProvider({
      apiKey: settings.COMPLYCUBE_API_KEY,
      webhookSecret: settings.COMPLYCUBE_WEBHOOK_SECRET,
      returnUrl: settings.KYC_RETURN_URL,
    })
  }
  if (config.PLATFORM_MODE === 'production') {
    throw new ConfigError(['KYC_PROVIDER must not be sandbox in production: it lets people choose what they are'])
  }
  const settings = readConfig(env, SANDBOX_SETTINGS)
  return sandboxKycProvider({
    callbackUrl: settings.KYC_SANDBOX_CALLBACK_URL,
    callbackSecret: settings.KYC_SANDBOX_SECRET,
    pageUrl: settings.KYC_SANDBOX_PAGE_URL,
    clock,
    logger,
  })
}
