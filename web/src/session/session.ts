import { ErrorResponse, type User, UserManager, WebStorageStateStore } from 'oidc-client-ts'
import { SCOPES } from '../api/generated/scopes.ts'
import type { Config } from '../config.ts'
import { forgetDrafts } from './drafts.ts'

/** `ended`: there was one, and it cannot be renewed without its user. */
export type SessionState = 'none' | 'active' | 'ended'

export interface SignedIn {
  readonly userId: string
  readonly name: string
  /** What the token opens, as granted: less than was asked for, if the user's roles have less. */
  readonly scopes: ReadonlySet<string>
}

const CALLBACK_PATH = '/callback'
/** A token that has less left than this is renewed before it is used. */
const MIN_SECONDS_LEFT = 20

/**
 * Who is signed in, by OpenID Connect with authorization code and PKCE. Tokens stay in this tab: they are gone with it,
 * and no other tab or site reads them.
 */
export class Session {
  readonly #manager: UserManager
  readonly #listeners = new Set<() => void>()
  #user: User | null = null
  #state: SessionState = 'none'
  #signedIn: SignedIn | null = null
  #renewal: Promise<string | null> | undefined

  constructor({ issuer, clientId }: Config, { origin }: Location = location) {
    this.#manager = new UserManager({
      authority: issuer,
      client_id: clientId,
      redirect_uri: `${origin}${CALLBACK_PATH}`,
      post_logout_redirect_uri: `${origin}/`,
      scope: ['openid', 'profile', 'email', ...SCOPES].join(' '),
      userStore: new WebStorageStateStore({ store: sessionStorage }),
      stateStore: new WebStorageStateStore({ store: sessionStorage }),
      automaticSilentRenew: false,
      monitorSession: false,
      revokeTokensOnSignout: true,
      // An access token is a signed statement that ends by itself; it cannot be taken back.
      revokeTokenTypes: ['refresh_token'],
      revokeTokenAdditionalContentTypes: ['text/plain'], // Nobody reads the answer's body (RFC 7009, 2.2).
    })
  }

  get state(): SessionState {
    return this.#state
  }

  get signedIn(): SignedIn | null {
    return this.#signedIn
  }

  /** Told of every change; returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Takes up the session that this tab has, or the one that the identity server sends it back with.
   *
   * @returns the path to go on at after a sign-in, null when there was none.
   */
  async restore({ pathname }: Location = location): Promise<string | null> {
    if (pathname !== CALLBACK_PATH) {
      this.#take(await this.#manager.getUser())
      return null
    }
    const user = await this.#manager.signinRedirectCallback()
    this.#take(user)
    return typeof user.state === 'string' ? user.state : '/'
  }

  /** Leaves for the identity server, and comes back to the page that is shown now, or to another. */
  async signIn(path = `${location.pathname}${location.search}`): Promise<void> {
    await this.#manager.signinRedirect({ state: path })
  }

  /**
   * Forgets what was typed, and leaves for the identity server to sign out there too. If that cannot be reached, this tab
   * is signed out all the same.
   *
   * @throws whatever kept the identity server from being reached.
   */
  async signOut(): Promise<void> {
    forgetDrafts()
    try {
      await this.#manager.signoutRedirect()
    } catch (error) {
      await this.#manager.removeUser()
      this.#take(null)
      throw error
    }
  }

  /** A token that is still good for a while; null when there is no session. */
  async accessToken(): Promise<string | null> {
    if (this.#user === null || this.#state === 'ended') return null
    if ((this.#user.expires_in ?? 0) > MIN_SECONDS_LEFT) return this.#user.access_token
    return this.renew()
  }

  /** A new token, one request for all who ask at once; null when the identity server wants to see the user. */
  renew(): Promise<string | null> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  async #renew(): Promise<string | null> {
    if (this.#user === null) return null
    try {
      const user = this.#user.refresh_token === undefined ? null : await this.#manager.signinSilent()
      if (user !== null) return this.#take(user)
    } catch (error) {
      // Whatever is no answer of the identity server's, a lost network above all, is for the caller to try again.
      if (!(error instanceof ErrorResponse)) throw error
    }
    this.#change('ended')
    return null
  }

  #take(user: User | null): string | null {
    this.#user = user
    this.#signedIn = user === null ? null : signedInAs(user)
    this.#change(user === null ? 'none' : 'active')
    return user?.access_token ?? null
  }

  #change(state: SessionState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

function signedInAs({ profile, scopes }: User): SignedIn {
  const username = typeof profile.username === 'string' ? profile.username : profile.sub
  return { userId: profile.sub, name: profile.given_name ?? username, scopes: new Set(scopes) }
}
