import { type Clock, Fault } from '@corridor/platform'
import { member, requestJson, textMember } from '../far-side/request-json.ts'

export interface OAuthClient {
  /** https://is:9443/oauth2/token */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
}

/** Identity Server's scopes of its SCIM2 endpoint. */
const SCOPES = ['create', 'list', 'view', 'update', 'delete'].map((access) => `internal_user_mgt_${access}`).join(' ')
const SPARE_MS = 30_000
const OK = 200
const BAD_REQUEST = 400

/** The service's own access (client credentials, RFC 6749 section 4.4), kept until shortly before its end. */
export class AccessToken {
  private token: { readonly value: string; readonly until: number } | null = null

  constructor(
    private readonly client: OAuthClient,
    private readonly clock: Clock,
  ) {}

  async value(): Promise<string> {
    const now = this.clock.now().getTime()
    if (this.token && this.token.until > now) return this.token.value
    const { status, body } = await this.ask({ grant_type: 'client_credentials', scope: SCOPES })
    const value = textMember(body, 'access_token')
    if (status !== OK || value === null) {
      throw new Fault('SERVICE_UNAVAILABLE', `Identity Server gives this service no token (status ${status}).`)
    }
    const seconds = member(body, 'expires_in')
    this.token = { value, until: now + (typeof seconds === 'number' ? seconds * 1_000 : 0) - SPARE_MS }
    return value
  }

  /** After a refusal: the next call asks for a new one. */
  forget(): void {
    this.token = null
  }

  /** Whether the user would be given a token for his password (section 4.3); the token itself is thrown away. */
  async opensWith(username: string, password: string): Promise<boolean> {
    const { status, body } = await this.ask({ grant_type: 'password', username, password, scope: 'openid' })
    if (status === OK) return true
    if (status === BAD_REQUEST && textMember(body, 'error') === 'invalid_grant') return false
    throw new Fault(
      'SERVICE_UNAVAILABLE',
      `Identity Server does not judge passwords for this service (status ${status}).`,
    )
  }

  private ask(parameters: Record<string, string>) {
    const { tokenUrl, clientId, clientSecret } = this.client
    const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
    return requestJson({
      method: 'POST',
      url: new URL(tokenUrl),
      whom: 'Identity Server',
      headers: {
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(parameters).toString(),
    })
  }
}
