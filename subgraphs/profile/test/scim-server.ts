import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { uuidv7 } from '@corridor/platform'
import express from 'express'
import SCIMMY from 'scimmy'
import SCIMMYRouters from 'scimmy-routers'

type Resource = InstanceType<typeof SCIMMY.Schemas.User>

export interface RecordedRequest {
  readonly method: string
  /** Below the base: /Users/… */
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  readonly contentType: string
}

export interface ScimServer {
  readonly access: { scimUrl: string; tokenUrl: string; clientId: string; clientSecret: string }
  readonly requests: readonly RecordedRequest[]
  /** Ends every token that was given. */
  revokeTokens(): void
  close(): Promise<void>
}

/**
 * A SCIM 2.0 server as its library makes one (SCIMMY and its routers): the protocol is theirs, users lie in a map. Tokens
 * come from a token endpoint beside it.
 */
export async function startScimServer(): Promise<ScimServer> {
  const users = new Map<string, Record<string, unknown>>()
  const requests: RecordedRequest[] = []
  const tokens = new Set<string>()
  declareUsers(users)

  const app = express()
  app.use('/oauth2', tokenEndpoint({ tokens, users }))
  app.use(
    '/scim2',
    express.json({ type: ['application/scim+json', 'application/json'] }),
    (request, _response, next) => {
      const { method, path, query, body } = request
      requests.push({ method, path, query, body, contentType: request.header('content-type') ?? '' })
      next()
    },
  )
  app.use(
    '/scim2',
    new SCIMMYRouters({
      type: 'bearer',
      handler: (request) => {
        const token = request.header('authorization')?.replace('Bearer ', '') ?? ''
        if (!tokens.has(token)) throw new Error('no token that is known')
        return token
      },
    }),
  )
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    access: { scimUrl: `${base}/scim2`, tokenUrl: `${base}/oauth2/token`, clientId: 'profile', clientSecret: 'secret' },
    requests,
    revokeTokens: () => tokens.clear(),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function declareUsers(users: Map<string, Record<string, unknown>>): void {
  SCIMMY.Resources.declare(SCIMMY.Resources.User)
  SCIMMY.Resources.User.ingress((resource, given: Resource) => {
    const id = resource.id ?? uuidv7()
    const before = users.get(id)
    if (resource.id !== undefined && !before) throw new SCIMMY.Types.Error(404, '', 'not found')
    const taken = [...users].some(([other, user]) => other !== id && user.userName === given.userName)
    if (taken) throw new SCIMMY.Types.Error(409, 'uniqueness', 'this name is taken')
    const plain = JSON.parse(JSON.stringify(given)) as Record<string, unknown>
    const now = new Date().toISOString()
    const created = (before?.meta as { created?: string } | undefined)?.created ?? now
    const password = given.password ?? before?.password
    users.set(id, { ...plain, id, password, meta: { created, lastModified: now } })
    return shown(users.get(id))
  })
  SCIMMY.Resources.User.egress((resource) => {
    if (resource.id === undefined) {
      const all = [...users.values()].map(shown)
      return (resource.filter?.match(all) ?? all) as Resource[]
    }
    const user = users.get(resource.id)
    if (!user) throw new SCIMMY.Types.Error(404, '', 'not found')
    return shown(user)
  })
  SCIMMY.Resources.User.degress((resource) => {
    if (!users.delete(resource.id ?? '')) throw new SCIMMY.Types.Error(404, '', 'not found')
  })
}

function shown(user: Record<string, unknown> | undefined): Resource {
  const { password: _, ...rest } = user ?? {}
  return rest as unknown as Resource
}

function tokenEndpoint({
  tokens,
  users,
}: {
  tokens: Set<string>
  users: ReadonlyMap<string, Record<string, unknown>>
}) {
  const router = express.Router()
  router.post('/token', express.urlencoded({ extended: false }), (request, response) => {
    const { grant_type: grant, username, password } = request.body as Record<string, string>
    const user = [...users.values()].find(({ userName }) => userName === username)
    if (grant === 'password' && user?.password !== password) {
      response.status(400).json({ error: 'invalid_grant' })
      return
    }
    const token = uuidv7()
    if (grant === 'client_credentials') tokens.add(token)
    response.json({ access_token: token, token_type: 'Bearer', expires_in: 3600 })
  })
  return router
}
