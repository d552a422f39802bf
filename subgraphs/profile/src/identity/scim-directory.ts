import { accept, type Clock, Fault, type Result, refuse } from '@corridor/platform'
import { type JsonAnswer, listMember, member, requestJson } from '../far-side/request-json.ts'
import { AccessToken, type OAuthClient } from './access-token.ts'
import type { IdentityDirectory, IdentityUser } from './identity-directory.ts'
import { detailsPatch, newScimUser, passwordPatch, readScimUser } from './scim-user.ts'

export interface ScimDirectoryOptions extends OAuthClient {
  /** https://is:9443/scim2 */
  readonly scimUrl: string
  readonly clock: Clock
}

const PAGE_SIZE = 100
/** Of one poll; the next one goes on from there. */
const MAX_PAGES = 10_000
const OK = 200
const CREATED = 201
const NO_CONTENT = 204
const BAD_REQUEST = 400
const UNAUTHORIZED = 401
const NOT_FOUND = 404
const CONFLICT = 409

/** Users of WSO2 Identity Server, by SCIM 2.0 (RFC 7643, RFC 7644) under `/scim2/Users`. */
export function scimDirectory(options: ScimDirectoryOptions): IdentityDirectory {
  const { scimUrl, clock } = options
  const access = new AccessToken(options, clock)
  const base = `${scimUrl.replace(/\/$/, '')}/Users`

  const send = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: URL, body?: object): Promise<JsonAnswer> =>
    requestJson({
      method,
      url,
      whom: 'Identity Server',
      headers: {
        authorization: `Bearer ${await access.value()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  /** A token that was revoked is asked for anew, once. */
  const call: typeof send = async (method, url, body) => {
    const answer = await send(method, url, body)
    if (answer.status !== UNAUTHORIZED) return answer
    access.forget()
    return send(method, url, body)
  }
  const userUrl = (id: string): URL => new URL(`${base}/${encodeURIComponent(id)}`)
  const page = async (filter: string | null, startIndex: number) => {
    const query = new URLSearchParams({ startIndex: String(startIndex), count: String(PAGE_SIZE) })
    if (filter !== null) query.set('filter', filter)
    const { status, body } = await call('GET', new URL(`${base}?${query}`))
    if (status !== OK) throw unexpected('GET', status)
    const total = member(body, 'totalResults')
    return { resources: listMember(body, 'Resources'), total: typeof total === 'number' ? total : 0 }
  }

  return {
    async create(user) {
      const { status, body } = await call('POST', new URL(base), newScimUser(user))
      if (status === CONFLICT) return refuse('CONFLICT', 'This user name is taken.', 'input.username')
      if (status === BAD_REQUEST) return refusedByServer()
      const id = readScimUser(body)?.id
      if (status !== CREATED || id === undefined) throw unexpected('POST', status)
      return accept(id)
    },
    async update(id, details) {
      const { status } = await call('PATCH', userUrl(id), detailsPatch(details))
      if (status === NOT_FOUND) return false
      if (status !== OK && status !== NO_CONTENT) throw unexpected('PATCH', status)
      return true
    },
    async setPassword(id, password): Promise<Result<true>> {
      const { status } = await call('PATCH', userUrl(id), passwordPatch(password))
      if (status === NOT_FOUND) return refuse('NOT_FOUND')
      if (status === BAD_REQUEST)
        return refuse('BAD_USER_INPUT', 'The identity server does not take this password.', 'new')
      if (status !== OK && status !== NO_CONTENT) throw unexpected('PATCH', status)
      return accept(true)
    },
    hasPassword: (username, password) => access.opensWith(username, password),
    async remove(id) {
      const { status } = await call('DELETE', userUrl(id))
      if (status !== NO_CONTENT && status !== OK && status !== NOT_FOUND) throw unexpected('DELETE', status)
    },
    async find(id) {
      const { status, body } = await call('GET', userUrl(id))
      if (status === NOT_FOUND) return null
      if (status !== OK) throw unexpected('GET', status)
      return readScimUser(body)
    },
    async findByExternalId(externalId) {
      const { resources } = await page(`externalId eq "${externalId}"`, 1)
      return readScimUser(resources[0])
    },
    async *changedSince(lastModified) {
      const filter = lastModified === null ? null : `meta.lastModified ge "${lastModified}"`
      let seen = 0
      for (let number = 0; number < MAX_PAGES; number += 1) {
        const { resources, total } = await page(filter, seen + 1) // A page may be smaller than was asked for.
        if (resources.length === 0) return
        yield resources.map(readScimUser).filter((user): user is IdentityUser => user !== null)
        seen += resources.length
        if (seen >= total) return
      }
    },
  }
}

/** What the server says of an input may hold the input: its words are not passed on. */
const refusedByServer = () => refuse('BAD_USER_INPUT', 'The identity server does not take this input.', 'input')

const unexpected = (method: string, status: number): Fault =>
  new Fault('SERVICE_UNAVAILABLE', `Identity Server answered a ${method} of users with status ${status}.`)
