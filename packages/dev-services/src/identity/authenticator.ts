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
    const result = await this.#attempts.attempt(username.toLowerCase(), async () => {
      const user = this.#users.byUsername(username)
      return (await verifyPassword(password, user?.passwordHash)) && user?.active === true
    })
    if (result === 'blocked') this.#logger.warn('a login was refused after too many failures within a minute')
    const user = this.#users.byUsername(username)
    // A user who was removed while his password was compared is no longer there to be let in.
    return result === 'accepted' ? (user ? { kind: result, user } : { kind: 'wrong' }) : { kind: result }
  }
}
