import { type Clock, createOrm, createPool, type Logger, type Pool, type Wakeups } from '@corridor/platform'
import { BeneficiaryRecord } from './entities/beneficiary-record.ts'
import { ProfileRecord } from './entities/profile-record.ts'
import type { IdentityDirectory } from './identity/identity-directory.ts'
import { BlindIndex } from './privacy/blind-index.ts'
import { SubjectKeys } from './privacy/subject-keys.ts'
import { FollowIdentity } from './use-cases/follow-identity.ts'
import { IdentitySync } from './use-cases/identity-sync.ts'
import { ProfileStore } from './use-cases/profile-store.ts'
import { NameScreening } from './use-cases/screening.ts'

export interface CoreDeps {
  readonly databaseUrl: string
  /** `profile_keys_db`: the subjects' keys, apart from what they open. */
  readonly keysDatabaseUrl: string
  /** 32 bytes in base64, each. */
  readonly masterKey: string
  /** Master keys of before, until the keys that they wrap are rotated. */
  readonly previousMasterKeys?: readonly string[]
  readonly indexKey: string
  /** Where users live. */
  readonly directory: IdentityDirectory
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
}

/** What the subgraph and its worker share: records, keys, and the identity server on the far side. */
export interface ProfileCore {
  readonly store: ProfileStore
  readonly screening: NameScreening
  readonly directory: IdentityDirectory
  readonly sync: IdentitySync
  readonly follow: FollowIdentity
  readonly keysPool: Pool
  close(): Promise<void>
}

const KEYS_POOL_SIZE = 4

export async function createProfileCore(deps: CoreDeps & { readonly service?: string }): Promise<ProfileCore> {
  const { clock, directory, logger, wakeups, service = 'profile-service' } = deps
  const entities = [ProfileRecord, BeneficiaryRecord]
  const orm = await createOrm({ url: deps.databaseUrl, service, entities })
  const keysPool = createPool({ url: deps.keysDatabaseUrl, service, max: KEYS_POOL_SIZE })
  const keys = new SubjectKeys(keysPool, { current: deps.masterKey, previous: deps.previousMasterKeys ?? [] })
  const store = new ProfileStore({ orm, keys, index: new BlindIndex(deps.indexKey), clock, wakeups })
  const screening = new NameScreening(store)
  return {
    store,
    screening,
    directory,
    sync: new IdentitySync({ store, directory, logger }),
    follow: new FollowIdentity({ store, screening, directory }),
    keysPool,
    async close() {
      await orm.close()
      await keysPool.end()
    },
  }
}
