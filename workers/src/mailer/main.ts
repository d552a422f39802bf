import { kafkaBus, readKafkaConnection } from '@corridor/events'
import {
  ConfigError,
  createSigner,
  isJwk,
  readConfig,
  runMain,
  setting,
  systemClock,
  TLS_SETTINGS,
  tlsOf,
} from '@corridor/platform'
import { PostponedMails } from '@corridor/profile'
import { createServiceClient } from '@corridor/subgraph'
import { readMailSettings } from './mail-settings.ts'
import { createMailer } from './mailer.ts'

const SERVICE = 'mailer'

/** Sends the mails that events ask for. */
await runMain(SERVICE, async ({ logger, onStop }) => {
  const config = readConfig(process.env, {
    PLATFORM_MODE: setting.oneOf(['development', 'production'], 'production'),
    PROFILE_DATABASE_URL: setting.url(),
    PROFILE_URL: setting.url('http://localhost:8004/graphql'),
    INTERNAL_PRIVATE_KEY: setting.json(isJwk, 'the private JWK of this service'),
    SMTP_HOST: setting.optional(setting.text()),
    ...TLS_SETTINGS,
  })
  if (config.PLATFORM_MODE === 'production' && config.SMTP_HOST === undefined) {
    throw new ConfigError(['SMTP_HOST is not set; production sends its mail'])
  }
  const kafka = readKafkaConnection(process.env)
  const { transport, operationsAddress } = readMailSettings(process.env)
  onStop('the transport', () => transport.close())
  const signer = createSigner({ issuer: SERVICE, privateJwk: config.INTERNAL_PRIVATE_KEY, clock: systemClock })
  const profile = createServiceClient({ url: config.PROFILE_URL, audience: 'profile', signer, tls: tlsOf(config) })
  onStop('the client of profile', () => profile.close())
  const postponed = new PostponedMails({ databaseUrl: config.PROFILE_DATABASE_URL, service: SERVICE })
  onStop('the mails that were put off', () => postponed.close())
  const bus = kafkaBus({ ...kafka, clientId: SERVICE, logger })
  onStop('the bus', () => bus.close())
  const mailer = createMailer({ profile, transport, postponed, operationsAddress, logger })
  onStop('the mailer', () => mailer.stop())
  await bus.subscribe(mailer.consumer)
  mailer.start()
})
