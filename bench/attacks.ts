/**
 * `npm run bench -- attacks [rounds]`: how fast the router refuses what nobody means well. The corpus is the one of
 * `e2e/attacks`, where what each attack must meet is tested; before each an ordinary small query is asked, so that both
 * meet the machine in the same mood. Every attack must be answered, and none as if the router itself had failed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import WebSocket from 'ws'
import type { Attack } from '../e2e/attacks/attack.ts'
import { httpAttacks } from '../e2e/attacks/corpus.ts'
import { type FrameAttack, frameAttacks } from '../e2e/attacks/frames.ts'
import { startPeer } from './router/peers.ts'
import { bodyOf } from './router/queries.ts'
import { startStandIns } from './router/start-stand-ins.ts'
import { benchSupergraph } from './router/supergraph.ts'
import { createIssuer } from './router/tokens.ts'

const ROUNDS = Number(process.argv[2] ?? 5)
/** The compiler of the engine is not what is measured. */
const WARM_UP_ROUNDS = 2
const TIMEOUT_MS = 30_000
const FAILED = 500
const GOALS = { refusalP99Ms: { atMost: 50 } } as const
const LAST = '{"type":"ping","payload":{"last":true}}'
const ORDINARY: Attack = {
  name: 'an ordinary query',
  headers: { 'content-type': 'application/json' },
  body: bodyOf('one'),
  meets: ['data'],
}

interface Times {
  readonly refusals: { readonly name: string; readonly ms: number }[]
  readonly ordinary: number[]
}

const issuer = createIssuer()
const token = issuer.token()

async function send(url: string, attack: Attack): Promise<number> {
  const { name, method = 'POST', path = '/graphql', headers, body } = attack
  const began = performance.now()
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: token, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const text = await response.text()
  const tookMs = performance.now() - began
  const isWrong = response.status >= FAILED || (attack === ORDINARY && text.includes('"errors"'))
  if (isWrong) throw new Error(`${name} was answered with ${response.status} ${text.slice(0, 500)}`)
  return tookMs
}

/** From the first frame until the router has closed the connection, or has answered what came after the last. */
function sendFrames(url: string, { name, frames }: FrameAttack): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws', {
      headers: { authorization: token },
    })
    const late = setTimeout(() => end(() => reject(new Error(`${name} was not answered`))), TIMEOUT_MS)
    let began = 0
    const end = (tell: () => void): void => {
      clearTimeout(late)
      tell()
      socket.terminate()
    }
    const answered = (): void => end(() => resolve(performance.now() - began))
    socket.once('error', (error) => end(() => reject(error)))
    socket.once('close', answered)
    socket.once('open', () => socket.send('{"type":"connection_init"}'))
    socket.on('message', (data) => {
      const { type, payload } = JSON.parse(String(data))
      if (type === 'pong' && payload?.last === true) answered()
      if (type !== 'connection_ack') return
      began = performance.now()
      for (const frame of [...frames, LAST]) socket.send(frame)
    })
  })
}

async function round(url: string, { refusals, ordinary }: Times): Promise<void> {
  for (const attack of httpAttacks()) {
    ordinary.push(await send(url, ORDINARY))
    refusals.push({ name: attack.name, ms: await send(url, attack) })
  }
  for (const attack of frameAttacks()) {
    ordinary.push(await send(url, ORDINARY))
    refusals.push({ name: attack.name, ms: await sendFrames(url, attack) })
  }
}

function p99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.POSITIVE_INFINITY
}

const rounded = (value: number): number => Math.round(value * 100) / 100

function report({ refusals, ordinary }: Times): void {
  const refusalP99Ms = rounded(p99(refusals.map(({ ms }) => ms)))
  const ordinaryP99Ms = rounded(p99(ordinary))
  const slowest = refusals.toSorted((a, b) => b.ms - a.ms).slice(0, 5)
  console.table(slowest.map(({ name, ms }) => ({ slowest: name.slice(0, 60), ms: rounded(ms) })))
  const figures = { refusalP99Ms, ordinaryP99Ms, timesOrdinary: rounded(refusalP99Ms / ordinaryP99Ms) }
  console.table([{ refusals: refusals.length, ...figures }])
  const pass = refusalP99Ms <= GOALS.refusalP99Ms.atMost
  console.log(JSON.stringify({ bench: 'attacks', figures, goals: GOALS, pass }))
  process.exitCode = pass ? 0 : 1
}

const folder = mkdtempSync(join(tmpdir(), 'corridor-bench-attacks-'))
const standIns = await startStandIns()
try {
  const jwks = join(folder, 'jwks.json')
  writeFileSync(jwks, JSON.stringify(issuer.jwks))
  const router = await startPeer('ours', { folder, jwks, ...benchSupergraph(folder, standIns.urls) })
  try {
    const times: Times = { refusals: [], ordinary: [] }
    for (let index = 0; index < WARM_UP_ROUNDS; index += 1) await round(router.url, { refusals: [], ordinary: [] })
    for (let index = 0; index < ROUNDS; index += 1) await round(router.url, times)
    report(times)
  } finally {
    await router.stop()
  }
} finally {
  await standIns.stop()
  rmSync(folder, { recursive: true, force: true })
}
