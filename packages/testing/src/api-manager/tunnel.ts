import type { IncomingHttpHeaders } from 'node:http'
import { WebSocket } from 'ws'
import type { Access } from './credentials.ts'
import { judgeDocument, type Refusal, refusalByScopes } from './judge-document.ts'
import type { DeployedApi, PublishedOperation } from './published-api.ts'

/** Of both legs, in bytes; what is larger cuts the connection. */
export const FRAME_BYTES = 64 * 1024

export interface TunnelOptions {
  readonly client: WebSocket
  readonly api: DeployedApi
  readonly access: Access
  readonly assertion: string
  /** Of the client's handshake. */
  readonly headers: IncomingHttpHeaders
  /** Whether the access token was taken back. */
  readonly isRevoked: (token: string) => boolean
}

/** Whose headers a client may have passed on, with the prefix taken off: API Manager's own way to its backend. */
const CUSTOM_HEADER = 'websocket-custom-header'
const INVALID_CREDENTIALS = 4001
const BACKEND_FAILED = 1014
const TOO_LARGE = 1009
/** How a socket ends whose frames throw; the product's own code for it is not documented. */
const UNREADABLE = 1011
const UNSUPPORTED = 1003

const STARTS = new Set(['start', 'subscribe'])
const EVENTS = new Set(['data', 'next'])

interface Frame {
  readonly type: string
  readonly id?: unknown
  readonly payload?: unknown
}

/**
 * One client's WebSocket and the backend's behind it: frames pass as they are, after every one of them was judged. The
 * client was taken before the backend was called, so what it sends meanwhile waits.
 */
export class Tunnel {
  readonly #options: TunnelOptions
  readonly #backend: WebSocket
  readonly #waiting: string[] = []
  readonly #operations = new Map<string, readonly PublishedOperation[]>()

  constructor(options: TunnelOptions) {
    this.#options = options
    const { client, api } = options
    const protocols = client.protocol === '' ? [] : [client.protocol]
    this.#backend = new WebSocket(api.backendUrl.replace(/^http/, 'ws'), protocols, {
      headers: backendHeaders(options),
      maxPayload: FRAME_BYTES,
      perMessageDeflate: false,
    })
    this.#backend.on('open', () => {
      for (const frame of this.#waiting.splice(0)) this.#backend.send(frame)
    })
    this.#backend.on('message', (data) => this.#fromBackend(String(data)))
    this.#backend.on('error', (error) => {
      this.#end('code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? TOO_LARGE : BACKEND_FAILED)
    })
    this.#backend.on('close', (code, reason) => this.#end(isSendable(code) ? code : BACKEND_FAILED, String(reason)))
    client.on('message', (data, isBinary) => {
      if (isBinary) this.#end(UNSUPPORTED)
      else this.#fromClient(String(data))
    })
    client.on('error', () => this.#end(TOO_LARGE))
    client.on('close', (code) => this.#backend.close(isSendable(code) ? code : undefined))
  }

  /** Both ends break off without a word, as when the gateway dies. */
  drop(): void {
    this.#options.client.terminate()
    this.#backend.terminate()
  }

  #fromClient(text: string): void {
    const frame = frameOf(text)
    if (!frame || !this.#tokenHolds()) {
      if (!frame) this.#end(UNREADABLE)
      return
    }
    const { id, payload } = frame
    if (STARTS.has(frame.type) && typeof id === 'string') {
      const { api, access } = this.#options
      const query = typeof payload === 'object' && payload !== null && 'query' in payload ? payload.query : ''
      const judged = judgeDocument({ api, text: String(query), scopes: access.scopes, transport: 'socket' })
      if (judged.operations === undefined) {
        this.#refuse(id, judged.refusal)
        return
      }
      this.#operations.set(id, judged.operations)
    }
    if (this.#backend.readyState === WebSocket.CONNECTING) this.#waiting.push(text)
    else if (this.#backend.readyState === WebSocket.OPEN) this.#backend.send(text)
  }

  #fromBackend(text: string): void {
    const frame = frameOf(text)
    if (!frame || !this.#tokenHolds()) {
      if (!frame) this.#end(UNREADABLE)
      return
    }
    const { access, client } = this.#options
    const operations = EVENTS.has(frame.type) ? this.#operations.get(String(frame.id)) : undefined
    const refusal = operations ? refusalByScopes(operations, access.scopes) : null
    if (refusal) this.#refuse(String(frame.id), refusal)
    else client.send(text)
  }

  /** Judged with every frame of either side. */
  #tokenHolds(): boolean {
    const { access, isRevoked } = this.#options
    if (Number(access.claims.exp) * 1_000 > Date.now() && !isRevoked(access.token)) return true
    this.#end(INVALID_CREDENTIALS, 'Invalid Credentials')
    return false
  }

  #refuse(id: string, { frameCode, message }: Refusal): void {
    this.#options.client.send(JSON.stringify({ type: 'error', id, payload: [{ message, code: frameCode }] }))
  }

  #end(code: number, reason?: string): void {
    this.#options.client.close(code, reason)
    this.#backend.close()
  }
}

/** Nothing of the client's handshake but what it prefixed, and never its `Authorization` by that name. */
function backendHeaders({ headers, assertion }: TunnelOptions): Record<string, string> {
  const custom = Object.entries(headers)
    .filter(([name, value]) => name.startsWith(CUSTOM_HEADER) && typeof value === 'string')
    .map(([name, value]) => [name.slice(CUSTOM_HEADER.length), String(value)])
  return { ...Object.fromEntries(custom), 'x-jwt-assertion': assertion }
}

function frameOf(text: string): Frame | null {
  try {
    const value: unknown = JSON.parse(text)
    const isFrame = typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
    return isFrame ? (value as Frame) : null // As was just seen.
  } catch {
    // Whatever is no JSON is no frame.
    return null
  }
}

/** Codes that stand for the absence of one are never sent. */
const isSendable = (code: number): boolean =>
  code === 1000 || code === 1001 || (code >= 1007 && code <= 1014) || code >= 3000
