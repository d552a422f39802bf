import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Contracts, Exchanged } from './contracts.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly authorization: string
  readonly body: unknown
  /** What `:name` parts of the route's path stand for. */
  readonly part: (name: string) => string
}

export interface Answer {
  readonly status: number
  readonly body?: unknown
}

export type Handler = (asked: Asked) => Answer
/** `METHOD /path/:id`, the first that fits. */
export type Routes = Readonly<Record<string, Handler>>

export const ok = (body?: unknown): Answer => ({ status: 200, body })
export const created = (body?: unknown): Answer => ({ status: 201, body })

/** A refusal in API Manager's form. */
export class Refused extends Error {
  readonly answer: Answer
  constructor(status: number, code: number, message: string) {
    super(message)
    this.answer = { status, body: { code, message, description: message } }
  }
}

export interface StandInServer {
  readonly url: string
  /** Requests that would change something, in order. */
  readonly writes: string[]
  close(): Promise<void>
}

export interface ServerOptions {
  readonly routes: Routes
  readonly contracts?: Contracts | undefined
  /** Asked before each write; true cuts the connection, as when the one who asked was killed. `after`: when it was done. */
  readonly cut?: (phase: 'before' | 'after', write: string) => boolean
}

/** Serves routes on loopback; every exchange is held to the contracts. */
export async function serve({ routes, contracts, cut = () => false }: ServerOptions): Promise<StandInServer> {
  const writes: string[] = []
  const server: Server = createServer((request, response) => {
    void answerTo(request).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ code: 500, message: String(error) }))
    })

    async function answerTo({ method = 'GET', url = '/', headers }: IncomingMessage): Promise<void> {
      const { pathname, searchParams } = new URL(url, 'http://stand.in')
      const mediaType = (headers['content-type'] ?? '').split(';')[0] ?? ''
      const body = await readBody(request)
      const write = `${method} ${pathname}`
      const isWrite = method !== 'GET' && !/register$|\/token$/.test(pathname)
      if (isWrite && cut('before', write)) return void request.socket.destroy()
      const found = routeOf(routes, method, pathname)
      const asked = { method, path: pathname, query: searchParams, authorization: headers.authorization ?? '', body }
      const { status, body: answer } = found === null ? { status: 404, body: {} } : found.handle(asked)
      const exchanged: Exchanged = { method, path: pathname, query: searchParams, mediaType, body, status, answer }
      contracts?.check(exchanged)
      if (isWrite) writes.push(write)
      if (isWrite && cut('after', write)) return void request.socket.destroy()
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(answer === undefined ? '' : JSON.stringify(answer))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // It listens on TCP.
  return {
    url: `http://127.0.0.1:${port}`,
    writes,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function routeOf(
  routes: Routes,
  method: string,
  path: string,
): { handle: (asked: Omit<Asked, 'part'>) => Answer } | null {
  for (const [route, handler] of Object.entries(routes)) {
    const [verb, template = ''] = route.split(' ')
    const match = new RegExp(`^${template.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`).exec(path)
    if (verb !== method || match === null) continue
    return {
      handle: (asked) => {
        try {
          return handler({ ...asked, part: (name) => match.groups?.[name] ?? '' })
        } catch (error) {
          if (error instanceof Refused) return error.answer
          throw error
        }
      },
    }
  }
  return null
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // Without an encoding they are buffers.
  const bytes = Buffer.concat(chunks)
  if (bytes.length === 0) return undefined
  const type = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data|urlencoded/.test(type)) return JSON.parse(bytes.toString())
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData()
  const texts = [...form].map(async ([name, value]) => [name, typeof value === 'string' ? value : await value.text()])
  return Object.fromEntries(await Promise.all(texts))
}
