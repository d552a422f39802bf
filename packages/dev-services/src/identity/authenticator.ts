import type { Logger } from '@corridor/platform'
import type { LoginAttempts } from './login-attempts.ts'
import { verifyPassword } from './passwords.ts'
import type { User, UserStore } from './user-store.ts'

export type LoginResult = { readonly kind: 'accepted'; readonly user: User } | { readonly kind: 'wrong' | 'blocked' }

/** Judges user name and password, for every way to log in alike. */
export class Authenticator {
  readonly #users: UserStore
  readonly #attempts: LoginAttempts
  readonly #logger: Logger

  constructor({ users, attempts, logger }: { users: UserStore; attempts: LoginAttempts; logger: Logger }) {
    this.#users = users
    this.#attempts = attempts
    this.#logger = logger
  }

  /** An unknown user, a wrong password and a deactivated user are one answer, and take one time. */
  async login(username: string, password: string): Promise<LoginResult> {
    const name = username.toLowerCase()
    if (!this.#attempts.begin(name)) {
      this.#logger.warn('a login was refused after too many failures within a minute')
      return { kind: 'blocked' }
    }
    const user = this.#users.byUsername(username)
    const matches = await verifyPassword(password, user?.passwordHash)
    if (!user || !matches || !user.active) return { kind: 'wrong' }
    this.#attempts.succeed(name)
    return { kind: 'accepted', user }
  }
}
