import { Loop } from '@corridor/events'
import { contextOf, inSpan } from '@corridor/platform'
import { type CoreDeps, createProfileCore } from './profile-core.ts'

export interface ProfileSyncDeps extends CoreDeps {
  /** How often Identity Server is asked what has changed there. */
  readonly followIntervalMs?: number
}

export interface ProfileSync {
  start(): void
  stop(): Promise<void>
}

const SERVICE = 'profile-sync'
const NO_TRACE = contextOf(null)
const DELIVER_POLL_MS = 1_000
const SCREEN_POLL_MS = 5_000
const DEFAULT_FOLLOW_INTERVAL_MS = 15_000

/**
 * What goes on beside the requests: Identity Server is told what it did not hear, is asked what has changed there, and
 * everybody is screened anew after a list has changed. Several may run: each change is delivered by one, and following and
 * screening twice comes to the same.
 */
export async function createProfileSync(deps: ProfileSyncDeps): Promise<ProfileSync> {
  const { logger, followIntervalMs = DEFAULT_FOLLOW_INTERVAL_MS } = deps
  const core = await createProfileCore(deps, SERVICE)
  const follow = async (): Promise<boolean> => {
    await inSpan({ service: SERVICE, name: 'follow identity server', parent: NO_TRACE }, () => core.follow.poll())
    return false
  }
  const loops = [
    new Loop({ name: `${SERVICE}: deliver`, logger, round: () => core.sync.round(), pollMs: DELIVER_POLL_MS }),
    new Loop({ name: `${SERVICE}: follow`, logger, round: follow, pollMs: followIntervalMs }),
    new Loop({ name: `${SERVICE}: screen`, logger, round: () => core.screening.round(), pollMs: SCREEN_POLL_MS }),
  ]
  return {
    start() {
      for (const loop of loops) loop.start()
    },
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()))
      await core.close()
    },
  }
}
