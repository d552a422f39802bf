import { readConfig, redisWakeups, runMain, setting, systemClock } from '@corridor/platform'
import { coreSettings, createProfileSync, IDENTITY_SETTINGS, KEY_SETTINGS } from '@corridor/profile'

const SERVICE = 'profile-sync'

/** Keeps profiles and Identity Server's users in step, and screens names anew after a list has changed. */
await runMain(SERVICE, async ({ logger, onStop }) => {
  const config = readConfig(process.env, {
    ...KEY_SETTINGS,
    ...IDENTITY_SETTINGS,
    PROFILE_DATABASE_URL: setting.url(),
    REDIS_URL: setting.url(),
  })
  const wakeups = redisWakeups({ url: config.REDIS_URL, logger })
  onStop('wake-ups', () => wakeups.close())
  const sync = await createProfileSync({
    ...coreSettings(config, systemClock),
    databaseUrl: config.PROFILE_DATABASE_URL,
    clock: systemClock,
    logger,
    wakeups,
  })
  onStop('the sync', () => sync.stop())
  sync.start()
})
