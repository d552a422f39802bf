import { ConfigError, type Logger, setting } from '@corridor/platform'
import type { CallbackReader } from './callback-reader.ts'
import type { FundingProvider } from './funding-provider.ts'
import { sandboxCallbackReader } from './sandbox-callback.ts'
import { stripeCallbackReader } from './stripe-callback.ts'
import { stripeClient, stripeProvider } from './stripe-provider.ts'

/** Who moves money in and out of the platform, and what its callbacks are believed by. */
export type Funding =
  | { readonly provider: 'sandbox'; readonly callbackSecret: string }
  | {
      readonly provider: 'stripe'
      readonly secretKey: string
      readonly webhookSecret: string
      /** Where the customer goes after Stripe's page. */
      readonly returnUrl: string
      readonly apiBase?: URL
    }

/** Settings of funding; which of them must be there depends on the provider. */
export const FUNDING_SETTINGS = {
  FUNDING_PROVIDER: setting.oneOf(['sandbox', 'stripe'] as const, 'sandbox'),
  CALLBACK_SECRET: setting.optional(setting.text()),
  STRIPE_SECRET_KEY: setting.optional(setting.text()),
  STRIPE_WEBHOOK_SECRET: setting.optional(setting.text()),
  STRIPE_RETURN_URL: setting.url('http://localhost:4000/'),
  STRIPE_API_BASE: setting.optional(setting.url()),
}

/** @throws ConfigError naming what the provider needs and is not set. */
export function fundingOf(config: {
  readonly FUNDING_PROVIDER: Funding['provider']
  readonly CALLBACK_SECRET: string | undefined
  readonly STRIPE_SECRET_KEY: string | undefined
  readonly STRIPE_WEBHOOK_SECRET: string | undefined
  readonly STRIPE_RETURN_URL: string
  readonly STRIPE_API_BASE: string | undefined
}): Funding {
  if (config.FUNDING_PROVIDER === 'sandbox') {
    if (config.CALLBACK_SECRET === undefined) throw new ConfigError(['CALLBACK_SECRET is not set; it must be a text'])
    return { provider: 'sandbox', callbackSecret: config.CALLBACK_SECRET }
  }
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret, STRIPE_API_BASE: apiBase } = config
  if (secretKey === undefined || webhookSecret === undefined) {
    throw new ConfigError(['FUNDING_PROVIDER is stripe: STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET must be set'])
  }
  const returnUrl = config.STRIPE_RETURN_URL
  const base = apiBase === undefined ? {} : { apiBase: new URL(apiBase) }
  return { provider: 'stripe', secretKey, webhookSecret, returnUrl, ...base }
}

/** The callbacks that are taken: those of the provider that is used, and no others. */
export const callbackReaders = (funding: Funding): Readonly<Record<string, CallbackReader>> =>
  funding.provider === 'sandbox'
    ? { sandbox: sandboxCallbackReader(funding.callbackSecret) }
    : { stripe: stripeCallbackReader(stripeClient(funding), funding.webhookSecret) }

/** Stripe as the processor uses it; the sandbox is a process's own to open and close. */
export const stripeOf = (funding: Extract<Funding, { provider: 'stripe' }>, logger: Logger): FundingProvider =>
  stripeProvider({ ...funding, logger })
