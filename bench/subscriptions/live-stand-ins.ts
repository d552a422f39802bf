import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type GraphQLSchema, graphql } from 'graphql'
import { useServer as serveSockets } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { standInSchema } from '../router/stand-in-schema.ts'

type Row = Readonly<Record<string, unknown>>

/** What happened to whom, by position. */
interface LoggedEvent extends Row {
  readonly subject: string
}

/** A subgraph with streams, that can be taken away and put back on its port; what happened outlives it. */
export class LiveStandIn {
  readonly #events: LoggedEvent[] = []
  readonly #wakes = new Set<() => void>()
  readonly #schema: GraphQLSchema
  #running: { server: Server; sockets: WebSocketServer } | null = null
  #port = 0

  constructor(name: string, field: string) {
    this.#schema = standInSchema(name)
    const stream = this.#schema.getSubscriptionType()?.getFields()[field]
    const position = this.#schema.getQueryType()?.getFields().paymentPosition
    if (position) position.resolve = () => String(this.#events.length)
    if (!stream) throw new Error(`${name} has no subscription ${field}`)
    stream.subscribe = (_root: unknown, { after }: Row, { subject }: Row) =>
      this.#stream(String(subject), after === undefined || after === null ? this.#events.length : Number(after))
    stream.resolve = (event: unknown) => event
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/graphql`
  }

  /** Streams that are open now. */
  get readers(): number {
    return this.#wakes.size
  }

  /** `subject` of the caller whom it concerns; `*` for everybody. */
  happen(subject: string, event: Row): void {
    this.#events.push({ ...event, subject, cursor: String(this.#events.length + 1) })
    for (const wake of this.#wakes) wake()
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      void this.#answer(request).then((body) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(body)
      })
    })
    const sockets = new WebSocketServer({ server, path: '/graphql' })
    serveSockets(
      {
        schema: this.#schema,
        context: ({ connectionParams }) => ({ subject: subjectOf(connectionParams?.authorization) }),
      },
      sockets,
    )
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', 4_096, resolve))
    this.#port = (server.address() as AddressInfo).port // A TCP server's address is never a path.
    this.#running = { server, sockets }
  }

  /** As a process that was killed: no socket is closed with a word. */
  async kill(): Promise<void> {
    const running = this.#running
    this.#running = null
    if (!running) return
    for (const socket of running.sockets.clients) socket.terminate()
    running.server.closeAllConnections()
    await new Promise<void>((resolve) => running.server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const { query, variables } = JSON.parse(Buffer.concat(chunks).toString())
    return JSON.stringify(await graphql({ schema: this.#schema, source: query, variableValues: variables }))
  }

  async *#stream(subject: string, after: number): AsyncGenerator<Row> {
    let position = after
    let wake: () => void = () => undefined
    const woken = (): void => wake()
    this.#wakes.add(woken)
    try {
      for (;;) {
        while (position < this.#events.length) {
          const event = this.#events[position]
          position += 1
          if (event && (event.subject === subject || event.subject === '*')) yield event
        }
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    } finally {
      this.#wakes.delete(woken)
    }
  }
}

/** Whom an internal token is for; the stand-in believes it. */
function subjectOf(authorization: unknown): string {
  const payload = String(authorization).split('.')[1] ?? ''
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  return typeof claims === 'object' && claims !== null && 'sub' in claims ? String(claims.sub) : ''
}
