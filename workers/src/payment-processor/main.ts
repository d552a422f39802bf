import {
  createPaymentProcessor,
  FUNDING_SETTINGS,
  type FundingProvider,
  fundingOf,
  sandboxProvider,
  stripeOf,
} from '@corridor/payment'
import {
  ConfigError,
  createSigner,
  isJwk,
  readConfig,
  redisWakeups,
  runMain,
  setting,
  systemClock,
  TLS_SETTINGS,
  tlsOf,
} from '@corridor/platform'
import { createServiceClient } from '@corridor/subgraph'

const SERVICE = 'payment-processor'

/** Moves payments, with the funding provider that is named. */
await runMain(SERVICE, async ({ logger, onStop }) => {
  const config = readConfig(process.env, {
    PLATFORM_MODE: setting.oneOf(['development', 'production'], 'production'),
    PAYMENT_DATABASE_URL: setting.url(),
    REDIS_URL: setting.url(),
    INTERNAL_PRIVATE_KEY: setting.json(isJwk, 'the private JWK of this service'),
    FOREX_URL: setting.url('http://localhost:8001/graphql'),
    LEDGER_URL: setting.url('http://localhost:8002/graphql'),
    PROFILE_URL: setting.url('http://localhost:8004/graphql'),
    RULE_ENGINE_URL: setting.url('http://localhost:8005/graphql'),
    CALLBACK_URL: setting.url('http://localhost:4000/callbacks/sandbox'),
    ...FUNDING_SETTINGS,
    ...TLS_SETTINGS,
  })
  const clock = systemClock
  const tls = tlsOf(config)
  const signer = createSigner({ issuer: SERVICE, privateJwk: config.INTERNAL_PRIVATE_KEY, clock })
  const client = (audience: string, url: string) => {
    const made = createServiceClient({ url, audience, signer, tls })
    onStop(`the client of ${audience}`, () => made.close())
    return made
  }
  const wakeups = redisWakeups({ url: config.REDIS_URL, logger })
  onStop('wake-ups', () => wakeups.close())
  const funding = fundingOf(config)
  if (funding.provider === 'sandbox' && config.PLATFORM_MODE === 'production') {
    throw new ConfigError(['FUNDING_PROVIDER is sandbox, which moves no money: it is for PLATFORM_MODE=development'])
  }
  const provider = funding.provider === 'stripe' ? stripeOf(funding, logger) : openSandbox(funding.callbackSecret)
  const processor = createPaymentProcessor({
    databaseUrl: config.PAYMENT_DATABASE_URL,
    service: SERVICE,
    clock,
    logger,
    wakeups,
    forex: client('forex', config.FOREX_URL),
    ledger: client('ledger', config.LEDGER_URL),
    profile: client('profile', config.PROFILE_URL),
    rules: client('rule-engine', config.RULE_ENGINE_URL),
    providers: { [provider.name]: provider },
  })
  onStop('the processor', () => processor.stop())
  processor.start()

  function openSandbox(callbackSecret: string): FundingProvider {
    const sandbox = sandboxProvider({ callbackUrl: config.CALLBACK_URL, callbackSecret, clock, logger })
    onStop('the sandbox provider', () => sandbox.close())
    return sandbox
  }
})
