/**
 * Many clients of graphql-transport-ws in a process of their own. Takes orders from its parent: to open so many, to
 * tell what came, to leave.
 */
import WebSocket from 'ws'

export interface OpenOrder {
  readonly kind: 'open'
  readonly url: string
  readonly tokens: readonly string[]
  readonly query: string
}

export type Order = OpenOrder | { readonly kind: 'forget' | 'delays' | 'notes' | 'leave' }

export type Report =
  | { readonly kind: 'opened' | 'forgotten' | 'left' }
  /** Sorted: between an event's own time and its arrival. */
  | { readonly kind: 'delays'; readonly delaysMs: readonly number[]; readonly closed: number }
  /** What each client got, in order. */
  | { readonly kind: 'notes'; readonly notes: readonly (readonly string[])[]; readonly closed: number }

/** Handshakes at one time: a burst of thousands would measure the machine's queue. */
const AT_ONCE = 50
const TIME = /"observedAt":"([^"]+)"/
const NOTE = /"note":"([^"]+)"/

let sockets: WebSocket[] = []
let notes: string[][] = []
let delaysMs: number[] = []
let closed = 0

const tell = (report: Report): void => void process.send?.(report)

async function open({ url, tokens, query }: OpenOrder): Promise<void> {
  for (let first = 0; first < tokens.length; first += AT_ONCE) {
    await Promise.all(tokens.slice(first, first + AT_ONCE).map((token) => openOne(url, token, query)))
  }
  tell({ kind: 'opened' })
}

/** Resolves when the router has taken the connection and was asked for the events. */
function openOne(url: string, token: string, query: string): Promise<void> {
  const own: string[] = []
  notes.push(own)
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers: { authorization: token } })
    sockets.push(socket)
    socket.on('error', reject)
    socket.on('close', () => {
      closed += 1
    })
    socket.on('open', () => socket.send('{"type":"connection_init"}'))
    socket.on('message', (data) => {
      const frame = String(data)
      const at = TIME.exec(frame)?.[1]
      if (at !== undefined) delaysMs.push(Date.now() - Date.parse(at))
      const note = NOTE.exec(frame)?.[1]
      if (note !== undefined) own.push(note)
      if (frame.includes('"errors"')) own.push(frame)
      if (!frame.includes('connection_ack')) return
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }), () => resolve())
    })
  })
}

async function leave(): Promise<void> {
  const left = sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())))
  for (const socket of sockets) socket.close()
  await Promise.all(left)
  sockets = []
  notes = []
  delaysMs = []
  closed = 0
  tell({ kind: 'left' })
}

process.on('message', (order: Order) => {
  if (order.kind === 'open') void open(order)
  else if (order.kind === 'leave') void leave()
  else if (order.kind === 'notes') tell({ kind: 'notes', notes, closed })
  else if (order.kind === 'delays') tell({ kind: 'delays', delaysMs: delaysMs.sort((a, b) => a - b), closed })
  else {
    delaysMs = []
    tell({ kind: 'forgotten' })
  }
})
