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

/** What the browser's tabs tell each other. It is never a token: the identity server, which knows the browser, gives each its own. */
type Told = 'who is signed in?' | 'I am' | 'signed out'

const CHANNEL = 'corridor.session'
/** In this tab's storage, until somebody signs in here: another tab's word has been followed, and is not a second time. */
const FOLLOWED = 'corridor.followed'
/** The identity server would have to ask the user, which a tab that joins has not allowed. */
const WOULD_ASK = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required']

/**
 * Who is signed in, by OpenID Connect with authorization code and PKCE. Tokens stay in this tab: they are gone with it,
 * and no other tab or site reads them. A tab that is opened beside one that is signed in signs in by itself, and whoever
 * signs out in one is signed out in all.
 */
export class Session {
  readonly #manager: UserManager
  readonly #listeners = new Set<() => void>()
  #user: User | null = null
  #state: SessionState = 'none'
  #signedIn: SignedIn | null = null
  #renewal: Promise<string | null> | undefined
  #isLeaving = false
  readonly #otherTabs = new BroadcastChannel(CHANNEL)

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
    this.#otherTabs.onmessage = ({ data }: MessageEvent<Told>) => void this.#hear(data).catch(console.error)
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
    try {
      const user = await this.#manager.signinRedirectCallback()
      this.#take(user)
      return pathOf(user)
    } catch (error) {
      if (!(error instanceof ErrorResponse && WOULD_ASK.includes(error.error ?? ''))) throw error
      return pathOf(error)
    }
  }

  /** Asks the other tabs whether one of them is signed in: if so, this one leaves to be, too, and comes back. */
  join(): void {
    if (this.#state === 'none' && sessionStorage.getItem(FOLLOWED) === null) this.#tell('who is signed in?')
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
    this.#isLeaving = true
    this.#tell('signed out')
    try {
      await this.#manager.signoutRedirect()
    } catch (error) {
      this.#isLeaving = false
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

  #tell(message: Told): void {
    this.#otherTabs.postMessage(message)
  }

  async #hear(message: Told): Promise<void> {
    if (message === 'who is signed in?' && this.#state === 'active' && !this.#isLeaving) this.#tell('I am')
    if (message === 'I am' && this.#state === 'none' && sessionStorage.getItem(FOLLOWED) === null) {
      sessionStorage.setItem(FOLLOWED, 'tried')
      await this.#manager.signinRedirect({ state: `${location.pathname}${location.search}`, prompt: 'none' })
    }
    if (message === 'signed out' && this.#user !== null) await this.#follow()
  }

  /** Signs out because another tab did. That one ends the session at the identity server; here nobody keeps a token. */
  async #follow(): Promise<void> {
    forgetDrafts()
    sessionStorage.setItem(FOLLOWED, 'signed out')
    await this.#manager.removeUser()
    this.#take(null)
  }

  #take(user: User | null): string | null {
    this.#user = user
    if (user !== null) sessionStorage.removeItem(FOLLOWED)
    this.#signedIn = user === null ? null : signedInAs(user)
    this.#change(user === null ? 'none' : 'active')
    return user?.access_token ?? null
  }

  #change(state: SessionState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

const pathOf = ({ state }: { readonly state?: unknown }): string => (typeof state === 'string' ? state : '/')

function signedInAs({ profile, scopes }: User): SignedIn {
  const username = typeof profile.username === 'string' ? profile.username : profile.sub
  return { userId: profile.sub, name: profile.given_name ?? username, scopes: new Set(scopes) }
}
