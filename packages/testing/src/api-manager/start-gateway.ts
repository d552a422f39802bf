import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { type Access, type Assertions, createAssertions, KeyManager } from './credentials.ts'
import { judgeDocument } from './judge-document.ts'
import { type DeployedApi, deploy, type PublishedApi } from './published-api.ts'
import { FRAME_BYTES, Tunnel } from './tunnel.ts'

/** API Manager 4.5's gateway as its clients and its backend see it: HTTP and WebSocket of one GraphQL API. */
export interface ApiManagerGateway {
  /** The keys of its assertions. */
  readonly jwksUri: string
  /** Deploys an API in the place of the one before. @returns where clients reach it. */
  publish(api: PublishedApi): { readonly url: string; readonly socketUrl: string }
  /** Tunnels that are open. */
  readonly connections: number
  /** What Identity Server would tell it of a token that was taken back. */
  revoke(token: string): void
  /** Breaks off every WebSocket on both sides. */
  dropConnections(): void
  close(): Promise<void>
}

const SUBPROTOCOLS = new Set(['graphql-ws', 'graphql-transport-ws'])
/** Of this connection, or rewritten on the way. */
const NOT_FORWARDED = new Set(['host', 'connection', 'content-length', 'authorization', 'x-jwt-assertion', 'upgrade'])
const NOT_RETURNED = new Set(['connection', 'content-encoding', 'content-length', 'keep-alive', 'transfer-encoding'])

interface Gateway {
  deployed: DeployedApi | null
  readonly keyManager: KeyManager
  readonly assertions: Assertions
  readonly revoked: Set<string>
  readonly tunnels: Set<Tunnel>
}

/** Starts it without an API; everything is 404 until one is published. */
export async function startApiManagerGateway(): Promise<ApiManagerGateway> {
  const gateway: Gateway = {
    deployed: null,
    keyManager: new KeyManager(),
    assertions: await createAssertions(),
    revoked: new Set(),
    tunnels: new Set(),
  }
  const server = createServer((request, response) => {
    answer(gateway, request, response).catch((error: unknown) => {
      send(response, 500, { code: 101503, message: 'Error connecting to the back end', description: String(error) })
    })
  })
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered].find((name) => SUBPROTOCOLS.has(name)) ?? false,
  })
  server.on('upgrade', (request, stream: Duplex, head: Buffer) => {
    upgrade(gateway, sockets, { request, stream, head }).catch((error: unknown) => stream.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}` // A TCP server's address is never a path.
  return {
    jwksUri: `http://${address}/jwks`,
    publish(api) {
      gateway.deployed = deploy(api)
      return { url: `http://${address}${api.context}`, socketUrl: `ws://${address}${api.context}` }
    },
    get connections() {
      return gateway.tunnels.size
    },
    revoke: (token) => void gateway.revoked.add(token),
    dropConnections() {
      for (const tunnel of gateway.tunnels) tunnel.drop()
    },
    close: () =>
      new Promise((resolve) => {
        for (const tunnel of gateway.tunnels) tunnel.drop()
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

async function answer(gateway: Gateway, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = pathOf(request)
  if (path === '/jwks') return send(response, 200, gateway.assertions.keys)
  const api = gateway.deployed
  if (api === null || path !== api.context) return send(response, 404, { code: 404, message: 'Not Found' })
  if (request.method !== 'POST') return send(response, 405, { code: 405, message: 'Method Not Allowed' })
  const token = bearerOf(request.headers.authorization)
  const access = token === null ? null : await holding(gateway, api, token)
  if (token !== null && access === null) return send(response, 401, { code: 900901, message: 'Invalid Credentials' })
  const body = await textOf(request)
  const judged = judgeDocument({ api, text: queryOf(body), scopes: access?.scopes ?? null, transport: 'http' })
  if (judged.operations === undefined) {
    const { status, code, message } = judged.refusal
    if (access === null && status === 403) return send(response, 401, { code: 900902, message: 'Missing Credentials' })
    return send(response, status, { code, message })
  }
  const answered = await fetch(api.backendUrl, {
    method: 'POST',
    headers: {
      ...forwarded(request),
      ...(access === null ? {} : { 'x-jwt-assertion': await gateway.assertions.of(api, access) }),
    },
    body,
  })
  const headers = Object.fromEntries([...answered.headers].filter(([name]) => !NOT_RETURNED.has(name)))
  response.writeHead(answered.status, headers).end(Buffer.from(await answered.arrayBuffer()))
}

async function upgrade(
  gateway: Gateway,
  sockets: WebSocketServer,
  { request, stream, head }: { request: IncomingMessage; stream: Duplex; head: Buffer },
): Promise<void> {
  const api = gateway.deployed
  if (api === null || pathOf(request) !== api.context) return refuseUpgrade(stream, '404 Not Found')
  const inQuery = new URL(request.url ?? '/', 'http://gateway').searchParams.get('access_token')
  const token = bearerOf(request.headers.authorization) ?? inQuery
  const access = token === null ? null : await holding(gateway, api, token)
  if (access === null) return refuseUpgrade(stream, '401 Unauthorized')
  const assertion = await gateway.assertions.of(api, access)
  sockets.handleUpgrade(request, stream, head, (client) => {
    const isRevoked = (revoked: string): boolean => gateway.revoked.has(revoked)
    const tunnel = new Tunnel({ client, api, access, assertion, headers: request.headers, isRevoked })
    gateway.tunnels.add(tunnel)
    client.once('close', () => gateway.tunnels.delete(tunnel))
  })
}

async function holding(gateway: Gateway, api: DeployedApi, token: string): Promise<Access | null> {
  return gateway.revoked.has(token) ? null : await gateway.keyManager.verify(api, token)
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? '/'

const bearerOf = (authorization: string | undefined): string | null =>
  /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null

function forwarded({ headers }: IncomingMessage): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => !NOT_FORWARDED.has(name))
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // Without an encoding they are buffers.
  return Buffer.concat(chunks).toString()
}

/** Of a body that is no JSON object with a query, the empty document, which is no valid one. */
function queryOf(body: string): string {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && 'query' in value ? String(value.query) : ''
  } catch {
    // As a document that cannot be read.
    return ''
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function refuseUpgrade(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
