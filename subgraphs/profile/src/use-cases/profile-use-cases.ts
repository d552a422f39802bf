import { accept, type Result, refuse, uuidv7 } from '@corridor/platform'
import { checkPassword } from '../domain/password-policy.ts'
import type { Profile } from '../domain/profile.ts'
import { checkChange, checkRegistration, type ProfileChange, type Registration } from '../domain/profile-input.ts'
import type { IdentityDirectory } from '../identity/identity-directory.ts'
import { audit } from './audit-log.ts'
import { changeDetails } from './change-profile.ts'
import { type IdentitySync, queueSync } from './identity-sync.ts'
import { type IdentifiedUser, makeProfile, registeredProfile, seenProfile } from './new-profile.ts'
import type { ProfileStore } from './profile-store.ts'
import type { NameScreening } from './screening.ts'

export interface ProfileDeps {
  readonly store: ProfileStore
  readonly screening: NameScreening
  readonly directory: IdentityDirectory
  readonly sync: IdentitySync
}

/** A customer's own account: how it begins and how he changes it. */
export class ProfileUseCases {
  constructor(private readonly deps: ProfileDeps) {}

  /** The user's profile, made from his token's claims at its first sight. */
  async ensure(user: IdentifiedUser): Promise<Profile> {
    return (await this.deps.store.profile(user.subject)) ?? (await makeProfile(this.deps, seenProfile(user)))
  }

  /**
   * Makes a user in the identity server, whose id the profile then has, and the profile. Faults while the identity server
   * is away; a user that it makes after all is removed, so that the same registration can be tried again.
   */
  async register(input: Registration, password: string): Promise<Result<Profile>> {
    const checked = checkRegistration(input)
    if (!checked.ok) return checked
    const allowed = checkPassword(password, 'input.password')
    if (!allowed.ok) return allowed
    const { username, email, givenName, familyName, phone, address } = checked.value
    const details = { username, email, givenName, familyName, phone, country: address?.country ?? null }
    const externalId = uuidv7()
    const created = await this.withdrawing(externalId, () =>
      this.deps.directory.create({ ...details, timeZone: null, locale: null, password, externalId }),
    )
    if (!created.ok) return created
    const profile = registeredProfile(created.value, checked.value)
    return accept(await this.withdrawing(externalId, () => makeProfile(this.deps, profile)))
  }

  /** Changes what is given, here and in the identity server; while that is away the change waits for it. */
  async update(id: string, change: ProfileChange): Promise<Result<Profile>> {
    const { store, screening, sync } = this.deps
    const checked = checkChange(change)
    if (!checked.ok) return checked
    const { address } = checked.value
    const details = { ...checked.value, ...(address ? { country: address.country } : {}) }
    const changed = await store.change(id, async (changing) => {
      const told = await changeDetails({ changing, index: store.deps.index, screening, actor: id }, details)
      if (told.length > 0) await queuePush(changing)
      return accept(told)
    })
    if (changed.ok) await sync.deliver(id)
    return changed
  }

  /** Sets a new password in the identity server, which alone knows it; faults while that is away. */
  async changePassword(id: string, { current, next }: { current: string; next: string }): Promise<Result<true>> {
    const { store, directory } = this.deps
    const allowed = checkPassword(next, 'new')
    if (!allowed.ok) return allowed
    const profile = await store.profile(id)
    if (!profile || profile.erasedAt) return refuse('NOT_FOUND')
    if (!(await directory.hasPassword(profile.username, current))) {
      return refuse('BAD_USER_INPUT', 'This is not the present password.', 'current')
    }
    const set = await directory.setPassword(id, next)
    if (!set.ok) return set
    const entry = { actor: id, subject: id, action: 'password.changed', fields: ['password'] }
    await audit(store.sql, [entry], store.deps.clock.now())
    return set
  }

  /** Whoever is told that his registration failed can try it again: no half of it stays. */
  private async withdrawing<T>(externalId: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      await this.deps.sync.withdraw(externalId)
      throw error
    }
  }
}

/** The version that the store is about to give: what is told must be at least that. */
const queuePush = ({ sql, record, now }: Parameters<typeof changeDetails>[0]['changing']): Promise<void> =>
  queueSync(sql, { profileId: record.id, version: record.version + 1n, kind: 'PUSH', now })
