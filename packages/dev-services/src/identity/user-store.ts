import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '@corridor/platform'
import { readJsonFile, writeJsonFile } from './json-file.ts'
import { hashPassword } from './passwords.ts'
import type { SeedUser } from './seed-users.ts'

/** What a user says of himself, and what may be changed of him. */
export interface UserDetails {
  readonly username: string
  /** Chosen by whoever created the user. */
  readonly externalId?: string
  readonly displayName?: string
  readonly givenName?: string
  readonly familyName?: string
  readonly email?: string
  readonly phone?: string
  readonly country?: string
  readonly timeZone?: string
  readonly locale?: string
  readonly active: boolean
}

export interface User extends UserDetails {
  readonly id: string
  readonly passwordHash: string
  readonly roles: readonly string[]
  readonly createdAt: string
  readonly updatedAt: string
}

interface StoredUsers {
  readonly users: readonly User[]
  /** Seed users that were once made: one who was deleted stays deleted. */
  readonly seeded: readonly string[]
}

/** Another user has this name already. */
export class UsernameTaken extends Error {
  override readonly name = 'UsernameTaken'
}

/** The users, in memory and in one JSON file that is written after every change. */
export class UserStore {
  readonly #path: string
  readonly #clock: Clock
  readonly #users = new Map<string, User>()
  readonly #seeded = new Set<string>()
  #writes: Promise<void> = Promise.resolve()

  private constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  /** Reads the users of earlier runs and adds the seed users that were never made. */
  static async open({ directory, seed, clock }: { directory: string; seed: readonly SeedUser[]; clock: Clock }) {
    const store = new UserStore(join(directory, 'users.json'), clock)
    const kept = await readJsonFile(store.#path, isStoredUsers)
    for (const user of kept?.users ?? []) store.#users.set(user.id, user)
    for (const id of kept?.seeded ?? []) store.#seeded.add(id)
    const missing = seed.filter(({ id }) => !store.#seeded.has(id))
    await Promise.all(missing.map((user) => store.#plant(user)))
    if (missing.length > 0) await store.#save()
    return store
  }

  all(): readonly User[] {
    return [...this.#users.values()]
  }

  byId(id: string): User | undefined {
    return this.#users.get(id)
  }

  /** Names are compared without regard to case, as Identity Server does. */
  byUsername(username: string): User | undefined {
    const wanted = username.toLowerCase()
    return this.all().find((user) => user.username.toLowerCase() === wanted)
  }

  /** @throws UsernameTaken */
  async create(details: UserDetails, { password, roles }: { password: string; roles: readonly string[] }) {
    const passwordHash = await hashPassword(password)
    this.#refuseTakenName(details.username)
    const now = this.#now()
    const user: User = { ...details, id: randomUUID(), passwordHash, roles, createdAt: now, updatedAt: now }
    this.#users.set(user.id, user)
    await this.#save()
    return user
  }

  /** Replaces all details; keeps the password unless one is given. Undefined when there is no such user. */
  async replace(id: string, details: UserDetails, password?: string): Promise<User | undefined> {
    const newHash = password === undefined ? undefined : await hashPassword(password)
    const user = this.#users.get(id)
    if (!user) return undefined
    this.#refuseTakenName(details.username, id)
    const { passwordHash, roles, createdAt } = user
    const replaced: User = {
      ...details,
      id,
      passwordHash: newHash ?? passwordHash,
      roles,
      createdAt,
      updatedAt: this.#now(),
    }
    this.#users.set(id, replaced)
    await this.#save()
    return replaced
  }

  async delete(id: string): Promise<boolean> {
    if (!this.#users.delete(id)) return false
    await this.#save()
    return true
  }

  /** Waits until every change so far is on disk. */
  async flush(): Promise<void> {
    await this.#writes
  }

  async #plant({ password, ...details }: SeedUser): Promise<void> {
    const now = this.#now()
    this.#seeded.add(details.id)
    this.#users.set(details.id, {
      ...details,
      displayName: `${details.givenName} ${details.familyName}`,
      active: true,
      passwordHash: await hashPassword(password),
      createdAt: now,
      updatedAt: now,
    })
  }

  #refuseTakenName(username: string, ownId?: string): void {
    const holder = this.byUsername(username)
    if (holder && holder.id !== ownId) throw new UsernameTaken('another user has this name')
  }

  /** One write at a time, each of the newest state; a write that failed does not stop the next. */
  async #save(): Promise<void> {
    const write = () => {
      const stored: StoredUsers = { users: this.all(), seeded: [...this.#seeded] }
      return writeJsonFile(this.#path, stored)
    }
    const written = this.#writes.then(write, write)
    this.#writes = written
    await written
  }

  #now(): string {
    return this.#clock.now().toISOString()
  }
}

function isStoredUsers(value: unknown): value is StoredUsers {
  return (
    typeof value === 'object' &&
    value !== null &&
    'users' in value &&
    Array.isArray(value.users) &&
    'seeded' in value &&
    Array.isArray(value.seeded)
  )
}
