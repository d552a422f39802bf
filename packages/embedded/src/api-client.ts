import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

/** What the router answered of errors, as a client reads it. */
export interface ApiError {
  readonly code: string
  readonly message: string
  /** The input that is at fault, where one is. */
  readonly field?: string
}

export interface ApiAnswer<Data> {
  readonly data: Data | null
  readonly errors: readonly ApiError[]
}

/** An operation that was to succeed met errors. */
export class ApiRefused extends Error {
  override readonly name = 'ApiRefused'
  constructor(readonly errors: readonly ApiError[]) {
    super(errors.map(({ code, message }) => `${code}: ${message}`).join('; '))
  }
}

const REQUEST_TIMEOUT_MS = 30_000

/** A user of the public GraphQL API, over HTTP and graphql-transport-ws. `token` null is nobody. */
export class ApiClient {
  private readonly sockets: Client

  constructor(
    private readonly url: string,
    private readonly token: string | null,
  ) {
    this.sockets = createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      ...(token === null ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
    })
  }

  /** One operation, errors and all. */
  async send<Data>(query: string, variables: Record<string, unknown> = {}): Promise<ApiAnswer<Data>> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    const { data = null, errors = [] } = (await response.json()) as GraphQLAnswer<Data> // The shape of GraphQL over HTTP.
    return { data, errors: errors.map(toApiError) }
  }

  /** One operation that must succeed. @throws ApiRefused */
  async request<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const { data, errors } = await this.send<Data>(query, variables)
    if (data === null || errors.length > 0) throw new ApiRefused(errors)
    return data
  }

  /** The events of a subscription, until the reader leaves. @throws ApiRefused when it is refused. */
  async *subscribe<Data>(query: string, variables: Record<string, unknown> = {}): AsyncGenerator<Data, void> {
    try {
      for await (const { data, errors = [] } of this.sockets.iterate<Data>({ query, variables })) {
        if (errors.length > 0 || !data) throw new ApiRefused(errors.map(toApiError))
        yield data
      }
    } catch (error) {
      throw toError(error)
    }
  }

  async close(): Promise<void> {
    await this.sockets.dispose()
  }
}

/** What graphql-ws rejects with: errors of the operation, how the connection was closed, or an error as it is. */
function toError(reason: unknown): Error {
  if (reason instanceof Error) return reason
  if (Array.isArray(reason)) return new ApiRefused((reason as GraphQLFailure[]).map(toApiError)) // By the protocol.
  const { code, reason: words } = (reason ?? {}) as { code?: unknown; reason?: unknown } // A CloseEvent, at best.
  return new Error(`The connection was closed: ${String(code ?? 'unknown')} ${String(words ?? '')}`.trim())
}

interface GraphQLFailure {
  readonly message: string
  readonly extensions?: { readonly code?: unknown; readonly field?: unknown } | undefined
}

interface GraphQLAnswer<Data> {
  readonly data?: Data | null
  readonly errors?: readonly GraphQLFailure[]
}

const toApiError = ({ message, extensions }: GraphQLFailure): ApiError => ({
  code: typeof extensions?.code === 'string' ? extensions.code : 'UNKNOWN',
  message,
  ...(typeof extensions?.field === 'string' ? { field: extensions.field } : {}),
})

/**
 * An access token for a user of the development platform, by the password grant; his password is his name. Without
 * `scope` it has all scopes of his roles.
 */
export async function fetchToken(tokenUrl: string, username: string, scope?: string): Promise<string> {
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: 'corridor-cli',
      username,
      password: username,
      ...(scope === undefined ? {} : { scope }),
    }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  })
  const answer = (await response.json()) as { access_token?: unknown; error_description?: unknown } // Judged below.
  if (typeof answer.access_token === 'string') return answer.access_token
  throw new Error(`No token for ${username}: ${String(answer.error_description ?? response.status)}`)
}
