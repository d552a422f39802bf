/**
 * `npm run bench -- subscriptions [clients]`: thousands of WebSocket clients on one rate, which share one upstream, and
 * as many on a bare server of `ws` that sends them the same; and a thousand on their own payments through a restart of
 * the payment subgraph, of which none may miss an event.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Peer, startPeer, stopped } from './router/peers.ts'
import { residentKbOf } from './router/process-usage.ts'
import { benchSupergraph } from './router/supergraph.ts'
import { createIssuer } from './router/tokens.ts'
import type { Order, Report } from './subscriptions/clients.ts'
import { LiveStandIn } from './subscriptions/live-stand-ins.ts'

const CLIENTS = Number(process.argv[2] ?? 5_000)
const PAYERS = 1_000
const WARM_UP_CLIENTS = 200
const TICK_MS = 250
const MEASURED_MS = 15_000
const SETTLE_MS = 5_000
const DOWN_MS = 2_000
const ARRIVAL_TIMEOUT_MS = 60_000
const RATE = 'subscription { rateChanged(pairs: ["EURUSD"]) { pair bid mid ask observedAt } }'
const PAYMENT = 'subscription { paymentStatusChanged { cursor status note payment { id } } }'

const GOALS = {
  fanoutP99Ms: { atMost: 500 },
  memoryPerClientKb: { atMost: 20 },
  upstreams: { atMost: 1 },
  lostEvents: { atMost: 0 },
  doubledEvents: { atMost: 0 },
} as const

type Figures = Readonly<Record<keyof typeof GOALS | (typeof BASELINE)[number], number>>

/** Figures that say how much of the others is due to `ws` and to the machine of the moment. */
const BASELINE = ['bareFanoutP99Ms', 'bareMemoryPerClientKb', 'fanoutTimesBare', 'memoryTimesBare'] as const

const issuer = createIssuer()
const folder = mkdtempSync(join(tmpdir(), 'corridor-bench-subscriptions-'))
const forex = new LiveStandIn('forex', 'rateChanged')
const payment = new LiveStandIn('payment', 'paymentStatusChanged')

/** Gives an order to the clients' process and waits for its report. */
async function order<Kind extends Report['kind']>(
  clients: ChildProcess,
  given: Order,
  kind: Kind,
): Promise<Extract<Report, { kind: Kind }>> {
  const report = new Promise<Report>((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`the clients ended with ${code}`))
    clients.once('exit', ended)
    clients.once('message', (message) => {
      clients.off('exit', ended)
      resolve(message as Report) // Sent by our own child.
    })
  })
  clients.send(given)
  const found = await report
  if (found.kind !== kind) throw new Error(`the clients reported ${found.kind} for ${given.kind}`)
  return found as Extract<Report, { kind: Kind }>
}

const tokens = (count: number): string[] => Array.from({ length: count }, () => issuer.token())

const rate = () => {
  const price = (1 + Math.random() / 10).toFixed(4)
  return { pair: 'EURUSD', bid: price, mid: price, ask: price, observedAt: new Date().toISOString() }
}

interface Server {
  readonly url: string
  readonly pid: number
  /** Something happens that all clients hear of. */
  tick(): void
}

async function fanOut({ url, pid, tick }: Server, clients: ChildProcess) {
  const open = (count: number) =>
    order(clients, { kind: 'open', url: url.replace(/^http/, 'ws'), tokens: tokens(count), query: RATE }, 'opened')
  await open(WARM_UP_CLIENTS)
  tick()
  await sleep(SETTLE_MS)
  await order(clients, { kind: 'leave' }, 'left')
  await sleep(SETTLE_MS)
  const beforeKb = residentKbOf(pid)

  await open(CLIENTS)
  const timer = setInterval(tick, TICK_MS)
  await sleep(SETTLE_MS)
  await order(clients, { kind: 'forget' }, 'forgotten')
  await sleep(MEASURED_MS)
  const upstreams = forex.readers
  const memoryPerClientKb = (residentKbOf(pid) - beforeKb) / CLIENTS
  const { delaysMs, closed } = await order(clients, { kind: 'delays' }, 'delays')
  clearInterval(timer)
  if (closed > 0) throw new Error(`${closed} clients were closed`)
  await order(clients, { kind: 'leave' }, 'left')
  const at = (part: number): number => delaysMs[Math.floor(delaysMs.length * part)] ?? Number.POSITIVE_INFINITY
  console.log(
    `${delaysMs.length} events to ${CLIENTS} clients, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, last ${at(0.9999)} ms`,
  )
  return { fanoutP99Ms: at(0.99), memoryPerClientKb, upstreams }
}

async function fanOutOfBare(clients: ChildProcess) {
  const server = fork(join(import.meta.dirname, 'subscriptions', 'bare-server.ts'))
  try {
    const port = await new Promise<unknown>((resolve, reject) => {
      server.once('message', resolve)
      server.once('exit', (code) => reject(new Error(`the bare server ended with ${code}`)))
    })
    const tick = (): void =>
      void server.send(JSON.stringify({ id: '1', type: 'next', payload: { data: { rateChanged: rate() } } }))
    return await fanOut({ url: `http://127.0.0.1:${port}/graphql`, pid: server.pid ?? 0, tick }, clients)
  } finally {
    await stopped(server)
  }
}

async function restart(router: Peer, clients: ChildProcess) {
  const given = tokens(PAYERS)
  const subjects = given.map((token) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub)
  const pay = (note: string): void => {
    for (const subject of subjects) payment.happen(subject, { status: 'PENDING', note, payment: { id: note, seed: 1 } })
  }
  const until = async (condition: () => boolean | Promise<boolean>, what: string): Promise<void> => {
    const end = performance.now() + ARRIVAL_TIMEOUT_MS
    while (!(await condition())) {
      if (performance.now() > end) throw new Error(`${what} did not happen in time`)
      await sleep(50)
    }
  }
  const notesOf = () => order(clients, { kind: 'notes' }, 'notes')
  await order(
    clients,
    { kind: 'open', url: router.url.replace(/^http/, 'ws'), tokens: given, query: PAYMENT },
    'opened',
  )
  await until(() => payment.readers === PAYERS, 'that all streams are open')
  pay('1')
  pay('2')
  await until(async () => (await notesOf()).notes.every((notes) => notes.length >= 2), 'the first events')
  pay('3')
  await payment.kill()
  pay('4')
  await sleep(DOWN_MS)
  pay('5')
  await payment.start()
  await until(() => payment.readers === PAYERS, 'that all streams are open again')
  pay('6')
  const expected = ['1', '2', '3', '4', '5', '6']
  const arrived = until(async () => (await notesOf()).notes.every((notes) => notes.includes('6')), 'the last events')
  await arrived.catch((error: Error) => console.error(error.message))
  const { notes, closed } = await notesOf()
  await order(clients, { kind: 'leave' }, 'left')
  const lost = notes.map((got) => expected.filter((note) => !got.includes(note)).length)
  const doubled = notes.map((got) => got.length - new Set(got).size)
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  console.log(`${PAYERS} clients through a restart: ${sum(lost)} events lost, ${sum(doubled)} twice, ${closed} closed`)
  return { lostEvents: sum(lost), doubledEvents: sum(doubled) }
}

function report(figures: Figures): void {
  const rounded = Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Math.round(value * 10) / 10]),
  )
  console.table([
    ...Object.entries(GOALS).map(([figure, { atMost }]) => ({ figure, measured: rounded[figure], atMost })),
    ...BASELINE.map((figure) => ({ figure, measured: rounded[figure] })),
  ])
  const pass = Object.entries(GOALS).every(
    ([name, { atMost }]) => (rounded[name] ?? Number.POSITIVE_INFINITY) <= atMost,
  )
  console.log(JSON.stringify({ bench: 'subscriptions', figures: rounded, goals: GOALS, pass }))
  process.exitCode = pass ? 0 : 1
}

const clients = fork(join(import.meta.dirname, 'subscriptions', 'clients.ts'))
let router: Peer | null = null
try {
  await Promise.all([forex.start(), payment.start()])
  const { supergraph } = benchSupergraph(folder, { forex: forex.url, payment: payment.url })
  const jwks = join(folder, 'jwks.json')
  writeFileSync(jwks, JSON.stringify(issuer.jwks))
  router = await startPeer('ours', { folder, supergraph, plainSupergraph: supergraph, jwks })
  const bare = await fanOutOfBare(clients)
  const ours = await fanOut({ ...router, tick: () => forex.happen('*', rate()) }, clients)
  report({
    ...ours,
    ...(await restart(router, clients)),
    bareFanoutP99Ms: bare.fanoutP99Ms,
    bareMemoryPerClientKb: bare.memoryPerClientKb,
    fanoutTimesBare: ours.fanoutP99Ms / bare.fanoutP99Ms,
    memoryTimesBare: ours.memoryPerClientKb / bare.memoryPerClientKb,
  })
} finally {
  await router?.stop()
  await stopped(clients)
  await Promise.all([forex.kill(), payment.kill()])
  rmSync(folder, { recursive: true, force: true })
}
