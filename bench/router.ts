/**
 * `npm run bench -- router [rounds]`: the router beside Apollo Server with Apollo's gateway, Hive Gateway and Hive's
 * router runtime, on the same subgraphs and queries, each a process with Node's own flags.
 *
 * A neighbour on the same silicon can make a second's work take two. So each round is cut into short turns, which the
 * peers take one after the other, each time beginning with another: what happens beside them meets all alike. A round's
 * figure is the sum of its turns, what is printed the median of the rounds. All are warmed up by as many requests.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Pool } from 'undici'
import { ask, type LoadResult, load, resultOf, type Turn } from './router/load.ts'
import { installHive, PEERS, type Peer, type PeerFiles, type PeerName, startPeer } from './router/peers.ts'
import { bodyOf, QUERIES, type QueryName } from './router/queries.ts'
import { type StandIns, startStandIns } from './router/start-stand-ins.ts'
import { benchSupergraph } from './router/supergraph.ts'
import { createIssuer } from './router/tokens.ts'

const ROUNDS = Number(process.argv[2] ?? 3)
/** Requests of each query to each peer before any is measured. */
const WARM_UP = 200
/** Of a round. Identical requests have no goal. */
const TURNS: Readonly<Record<Mode, number>> = { unique: 5, identical: 1 }
/** Requests of a turn. */
const COUNTS: Readonly<Record<QueryName, number>> = { one: 120, list: 60, page: 60, large: 40 }
const MODES = ['unique', 'identical'] as const
const NAMES = Object.keys(QUERIES) as QueryName[]

type Mode = (typeof MODES)[number]
type Results = Map<string, LoadResult[]>

const issuer = createIssuer()
const folder = mkdtempSync(join(tmpdir(), 'corridor-bench-router-'))
const peers: Peer[] = []

function writeFiles(urls: StandIns['urls']): PeerFiles {
  const jwks = join(folder, 'jwks.json')
  writeFileSync(jwks, JSON.stringify(issuer.jwks))
  return { folder, jwks, ...benchSupergraph(folder, urls) }
}

/** All peers must give the same answer, or their figures say nothing. */
async function compareAnswers(name: QueryName): Promise<void> {
  let first: unknown
  for (const { name: peer, url } of peers) {
    const { origin, pathname } = new URL(url)
    const pool = new Pool(origin)
    const text = await ask({ pool, pathname, body: bodyOf(name), authorization: issuer.token() })
    await pool.close()
    const answer: unknown = JSON.parse(text).data
    first ??= answer
    if (!isDeepStrictEqual(answer, first)) throw new Error(`${peer} answers "${name}" otherwise than the others`)
    if (peer === 'ours') console.log(`${name}: ${text.length} bytes`)
  }
}

/** `unique`: a token that was never seen before for every request. They are made before the clock runs. */
function run(peer: Peer, name: QueryName, mode: Mode, count: number): Promise<Turn> {
  const tokens = Array.from({ length: mode === 'unique' ? count : 1 }, () => issuer.token())
  const [first = ''] = tokens
  const authorization = (): string => (mode === 'unique' ? (tokens.pop() ?? first) : first)
  return load({ url: peer.url, pid: peer.pid, body: bodyOf(name), count, authorization })
}

/** A round of each query: what each peer's turns come to. */
async function runRound(mode: Mode, results: Results): Promise<void> {
  for (const name of NAMES) {
    const turns = new Map<Peer, Turn[]>(peers.map((peer) => [peer, []]))
    for (let turn = 0; turn < TURNS[mode]; turn += 1) {
      const first = turn % peers.length
      for (const peer of [...peers.slice(first), ...peers.slice(0, first)]) {
        turns.get(peer)?.push(await run(peer, name, mode, COUNTS[name]))
      }
    }
    for (const [peer, taken] of turns) {
      const key = keyOf(mode, name, peer.name)
      results.set(key, [...(results.get(key) ?? []), resultOf(taken)])
    }
  }
}

function report(results: Results): void {
  const figures: Record<string, number> = {}
  const goals: Record<string, { atLeast: number }> = {}
  for (const mode of MODES) {
    const rows = NAMES.flatMap((name) =>
      PEERS.map((peer) => {
        const measured = results.get(keyOf(mode, name, peer)) ?? []
        const of = (figure: keyof LoadResult): number => rounded(median(measured.map((result) => result[figure])))
        const [cpuMs, perSecond] = [of('cpuMs'), of('perSecond')]
        figures[`${keyOf(mode, name, peer)}.cpuMs`] = cpuMs
        figures[`${keyOf(mode, name, peer)}.perSecond`] = perSecond
        const ours = figures[`${keyOf(mode, name, 'ours')}.cpuMs`] ?? Number.NaN
        const timesOurs = rounded(cpuMs / ours)
        if (peer !== 'ours') {
          figures[`${keyOf(mode, name, peer)}.timesOurs`] = timesOurs
          if (mode === 'unique') goals[`${keyOf(mode, name, peer)}.timesOurs`] = { atLeast: goalOf(name, peer) }
        }
        const all = measured.map((result) => rounded(result.cpuMs))
        const range = `${Math.min(...all)}–${Math.max(...all)}`
        return { mode, name, peer, cpuMs, range, timesOurs, perSecond, p50Ms: of('p50Ms'), p99Ms: of('p99Ms') }
      }),
    )
    console.table(rows)
  }
  const pass = Object.entries(goals).every(([name, { atLeast }]) => (figures[name] ?? 0) >= atLeast)
  console.log(JSON.stringify({ bench: 'router', figures, goals, pass }))
  process.exitCode = pass ? 0 : 1
}

const LARGE_GOALS: Readonly<Record<PeerName, number>> = { ours: 1, stock: 4, hiveGateway: 5, hiveRuntime: 2 }

/** Of the processor time of ours, per request. */
const goalOf = (name: QueryName, peer: PeerName): number => (name === 'large' ? LARGE_GOALS[peer] : 1)

const keyOf = (mode: Mode, name: QueryName, peer: PeerName): string =>
  `${mode === 'unique' ? '' : 'identical.'}${name}.${peer}`

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const rounded = (value: number): number => Math.round(value * 100) / 100

const standIns = await startStandIns()
try {
  installHive()
  const files = writeFiles(standIns.urls)
  for (const name of PEERS) peers.push(await startPeer(name, files))
  for (const name of NAMES) await compareAnswers(name)
  const results: Results = new Map()
  for (const mode of MODES) {
    for (const peer of peers) for (const name of NAMES) await run(peer, name, mode, WARM_UP)
    for (let round = 0; round < ROUNDS; round += 1) await runRound(mode, results)
  }
  report(results)
} finally {
  for (const peer of peers) await peer.stop()
  await standIns.stop()
  rmSync(folder, { recursive: true, force: true })
}
