import { enqueueEvents, queueChannel } from '@corridor/events'
import {
  accept,
  type Clock,
  type EntityManager,
  type IdentityClaims,
  invariant,
  isUuid,
  LockMode,
  type MikroORM,
  type Result,
  refuse,
  sqlOf,
  type Wakeups,
} from '@corridor/platform'
import type { KycLevel, KycStatus, Profile } from '../domain/profile.ts'
import { ProfileRecord } from '../entities/profile-record.ts'
import type { BlindIndex } from '../privacy/blind-index.ts'
import { openProfile, sealColumn } from '../privacy/profile-cipher.ts'
import type { SubjectKeys } from '../privacy/subject-keys.ts'

/** Who a token says that its user is. */
export interface IdentifiedUser {
  readonly subject: string
  readonly username: string | null
  readonly claims: IdentityClaims | null
}

export interface KycDecision {
  readonly profileId: string
  readonly status: KycStatus
  readonly level: KycLevel | null
  readonly note: string
  readonly decidedBy: string | null
}

export interface ProfileDeps {
  readonly orm: MikroORM
  readonly keys: SubjectKeys
  readonly index: BlindIndex
  readonly clock: Clock
  readonly wakeups: Wakeups
}

const MAX_NOTE_LENGTH = 1_000
const COUNTRY = /^[A-Z]{2}$/
const DEFAULT_LOCALE = 'en-US'
const DEFAULT_TIME_ZONE = 'UTC'

export class ProfileUseCases {
  constructor(private readonly deps: ProfileDeps) {}

  /** The user's profile, made from his token's claims at its first sight. */
  async ensure(user: IdentifiedUser): Promise<Profile> {
    const known = (await this.profiles([user.subject])).get(user.subject)
    return known ?? (await this.create(user))
  }

  /** Profiles by id; those that do not exist, or were erased, are left out. */
  async profiles(ids: readonly string[]): Promise<Map<string, Profile>> {
    const wanted = ids.filter(isUuid)
    if (wanted.length === 0) return new Map()
    const records = await this.deps.orm.em.fork().find(ProfileRecord, { id: { $in: wanted } })
    const keys = await this.deps.keys.read(records.map(({ id }) => id))
    const opened = new Map<string, Profile>()
    for (const record of records) {
      const key = keys.get(record.id)
      if (key) opened.set(record.id, openProfile(record, key))
    }
    return opened
  }

  /** Records what an officer, or a provider, decided of a customer's identity. Nobody decides on himself. */
  async decideKyc({ profileId, status, level, note, decidedBy }: KycDecision): Promise<Result<Profile>> {
    if (!isUuid(profileId)) return refuse('NOT_FOUND', undefined, 'profileId')
    if (profileId === decidedBy) return refuse('FORBIDDEN', 'Nobody decides on his own identity.')
    if (note.trim().length < 1 || note.length > MAX_NOTE_LENGTH) {
      return refuse('BAD_USER_INPUT', `note has 1 to ${MAX_NOTE_LENGTH} characters.`, 'note')
    }
    const key = (await this.deps.keys.read([profileId])).get(profileId)
    if (!key) return refuse('NOT_FOUND', undefined, 'profileId')
    const record = await this.inTransaction(async (tx) => {
      const found = await tx.findOneOrFail(ProfileRecord, profileId, { lockMode: LockMode.PESSIMISTIC_WRITE })
      found.kycStatus = status
      found.kycLevel = status === 'VERIFIED' ? (level ?? found.kycLevel ?? 'BASIC') : level
      found.kycDecidedAt = this.deps.clock.now()
      found.kycDecidedBy = decidedBy
      found.kycNoteCt = sealColumn(key, profileId, 'kycNoteCt', note)
      found.version += 1n
      found.updatedAt = this.deps.clock.now()
      await tx.flush()
      await announce(tx, found, 'profile.kyc_decided')
      return found
    })
    return accept(openProfile(record, key))
  }

  private async create({ subject, username, claims }: IdentifiedUser): Promise<Profile> {
    const { keys, index, clock } = this.deps
    const key = await keys.ensure(subject)
    const name = username ?? subject
    const now = clock.now()
    await this.inTransaction(async (tx) => {
      const country = claims?.country && COUNTRY.test(claims.country) ? claims.country : null
      const usernameCt = sealColumn(key, subject, 'usernameCt', name)
      invariant(usernameCt, 'a user name is a text')
      const { count } = await tx
        .createQueryBuilder(ProfileRecord)
        .insert({
          id: subject,
          usernameCt,
          usernameIndex: index.of('username', name),
          emailCt: sealColumn(key, subject, 'emailCt', claims?.email ?? null),
          emailIndex: claims?.email ? index.of('email', claims.email) : null,
          givenNameCt: sealColumn(key, subject, 'givenNameCt', claims?.givenName ?? null),
          familyNameCt: sealColumn(key, subject, 'familyNameCt', claims?.familyName ?? null),
          phoneCt: null,
          phoneIndex: null,
          addressCt: null,
          country,
          emailVerified: false,
          timeZone: claims?.timeZone && isTimeZone(claims.timeZone) ? claims.timeZone : DEFAULT_TIME_ZONE,
          locale: claims?.locale ?? DEFAULT_LOCALE,
          kycStatus: 'NOT_STARTED',
          kycLevel: null,
          version: 1n,
          createdAt: now,
          updatedAt: now,
        } as never) // The query builder wants every column of the entity, null ones included.
        .onConflict('id')
        .ignore()
        .execute<{ count?: number; affectedRows?: number }>()
        .then((result) => ({ count: result.affectedRows ?? 0 }))
      if (count > 0) await announce(tx, await tx.findOneOrFail(ProfileRecord, subject), 'profile.created')
    })
    const made = (await this.profiles([subject])).get(subject)
    invariant(made, 'a profile that was just made is there')
    return made
  }

  private async inTransaction<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const result = await this.deps.orm.em.fork().transactional((tx) => work(tx as EntityManager))
    this.deps.wakeups.wake(queueChannel('profile'))
    return result
  }
}

/** Events carry ids, states and places, never personal data. */
async function announce(tx: EntityManager, record: ProfileRecord, type: string): Promise<void> {
  const { id, kycStatus, kycLevel, country, timeZone, locale, version } = record
  const data = {
    profileId: id,
    kycStatus,
    kycLevel,
    country,
    timeZone,
    locale,
    screening: null,
    version: String(version),
  }
  await enqueueEvents(sqlOf(tx), [{ topic: 'profile.events', key: id, type, data }])
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0
  } catch {
    // An unknown zone is not an error of the caller's: his token came from elsewhere.
    return false
  }
}
