import { type Clock, createOrm, createPool, type Logger, type Wakeups } from '@corridor/platform'
import { BeneficiaryRecord } from './entities/beneficiary-record.ts'
import { ProfileRecord } from './entities/profile-record.ts'
import type { IdentityDirectory } from './identity/identity-directory.ts'
import { BlindIndex } from './privacy/blind-index.ts'
import { SubjectKeys } from './privacy/subject-keys.ts'
import { FollowIdentity } from './use-cases/follow-identity.ts'
import { IdentitySync } from './use-cases/identity-sync.ts'
import { ProfileStore } from './use-cases/profile-store.ts'
import { NameScreening } from './use-cases/screening.ts'

export interface RecordsDeps {
  readonly databaseUrl: string
  /** `profile_keys_db`: the subjects' keys, apart from what they open. */
  readonly keysDatabaseUrl: string
  /** 32 bytes in base64, each. */
  readonly masterKey: string
  /** Master keys of before, until the keys that they wrap are rotated. */
  readonly previousMasterKeys?: readonly string[]
  readonly indexKey: string
  readonly clock: Clock
  readonly wakeups: Wakeups
}

export interface CoreDeps extends RecordsDeps {
  /** Where users live. */
  readonly directory: IdentityDirectory
  readonly logger: Logger
}

/** Profiles with the keys that open them. */
export interface ProfileRecords {
  readonly store: ProfileStore
  close(): Promise<void>
}

/** What the subgraph and its worker share: records, keys, and the identity server on the far side. */
export interface ProfileCore extends ProfileRecords {
  readonly screening: NameScreening
  readonly directory: IdentityDirectory
  readonly sync: IdentitySync
  readonly follow: FollowIdentity
}

const KEYS_POOL_SIZE = 4

export async function openRecords(deps: RecordsDeps, service: string): Promise<ProfileRecords> {
  const { clock, wakeups } = deps
  const entities = [ProfileRecord, BeneficiaryRecord]
  const orm = await createOrm({ url: deps.databaseUrl, service, entities })
  const keysPool = createPool({
    url: deps.keysDatabaseUrl,
    service,
    max: KEYS_POOL_SIZE,
    dependency: 'postgresql (keys)',
  })
  const keys = new SubjectKeys(keysPool, { current: deps.masterKey, previous: deps.previousMasterKeys ?? [] })
  return {
    store: new ProfileStore({ orm, keys, index: new BlindIndex(deps.indexKey), clock, wakeups }),
    async close() {
      await orm.close()
      await keysPool.end()
    },
  }
}

export async function createProfileCore(deps: CoreDeps, service = 'profile-service'): Promise<ProfileCore> {
  const { directory, logger } = deps
  const records = await openRecords(deps, service)
  const { store } = records
  const screening = new NameScreening(store)
  return {
    ...records,
    screening,
    directory,
    sync: new IdentitySync({ store, directory, logger, service }),
    follow: new FollowIdentity({ store, screening, directory }),
  }
}
