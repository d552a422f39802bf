import { createPaymentProcessor, sandboxProvider } from '@corridor/payment'
import {
  createSigner,
  type JWK,
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
const isJwk = (value: unknown): value is JWK => typeof value === 'object' && value !== null && 'kty' in value

/** Moves payments, with the sandbox as its funding provider, for development. */
await runMain(SERVICE, async ({ logger, onStop }) => {
  const config = readConfig(process.env, {
    PLATFORM_MODE: setting.oneOf(['development'], 'development'),
    PAYMENT_DATABASE_URL: setting.url(),
    REDIS_URL: setting.url(),
    INTERNAL_PRIVATE_KEY: setting.json(isJwk, 'the private JWK of this service'),
    FOREX_URL: setting.url('http://localhost:8001/graphql'),
    LEDGER_URL: setting.url('http://localhost:8002/graphql'),
    PROFILE_URL: setting.url('http://localhost:8004/graphql'),
    RULE_ENGINE_URL: setting.url('http://localhost:8005/graphql'),
    CALLBACK_URL: setting.url('http://localhost:4000/callbacks/sandbox'),
    CALLBACK_SECRET: setting.text(),
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
  const sandbox = sandboxProvider({
    callbackUrl: config.CALLBACK_URL,
    callbackSecret: config.CALLBACK_SECRET,
    clock,
    logger,
  })
  onStop('the sandbox provider', () => sandbox.close())
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
    providers: { sandbox },
  })
  onStop('the processor', () => processor.stop())
  processor.start()
})
