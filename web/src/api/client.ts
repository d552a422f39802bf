import { Client, cacheExchange, fetchExchange } from 'urql'
import type { Session } from '../session/session.ts'
import { LiveConnection } from './live-connection.ts'

const GRAPHQL_PATH = '/graphql'
const UNAUTHENTICATED = 401
/** What is asked for after a session's end is not asked as nobody: it would be told that nobody may have it. */
const ENDED = Response.json({
  errors: [{ message: 'The session has ended.', extensions: { code: 'UNAUTHENTICATED' } }],
})

export interface Api {
  readonly client: Client
  readonly live: LiveConnection
}

/** The router's endpoint: urql for queries and mutations, a socket for subscriptions, each with the token of the session. */
export function createApi(session: Session): Api {
  const token = (): Promise<string | null> => session.accessToken()
  const live = new LiveConnection({ url: GRAPHQL_PATH, token })
  const client = new Client({
    url: GRAPHQL_PATH,
    preferGetMethod: false,
    fetch: (input, init) => fetchWithToken(session, input, init),
    exchanges: [cacheExchange, fetchExchange],
  })
  return { client, live }
}

/** With the token; once more with a new one when it is not taken; after that the session has ended. */
async function fetchWithToken(session: Session, input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const send = async (token: string | null): Promise<Response> => {
    if (session.state === 'ended') return ENDED.clone()
    const headers = new Headers(init.headers)
    if (token !== null) headers.set('authorization', `Bearer ${token}`)
    return fetch(input, { ...init, headers })
  }
  const response = await send(await session.accessToken())
  if (response.status !== UNAUTHENTICATED) return response
  return send(await session.renew())
}
