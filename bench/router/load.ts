import { Pool } from 'undici'
import { cpuMsOf } from './process-usage.ts'

/** One run of requests. */
export interface Turn {
  /** Of the peer's process, all its requests together. */
  readonly cpuMs: number
  readonly elapsedMs: number
  /** Of each request, in milliseconds. */
  readonly latencies: readonly number[]
}

/** Per request. */
export interface LoadResult {
  readonly cpuMs: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const CONNECTIONS = 20

/** Asks `count` times over 20 connections, each busy all the time. Fails on the first answer that is not whole. */
export async function load(input: {
  url: string
  pid: number
  body: string
  count: number
  authorization: () => string
}): Promise<Turn> {
  const { url, pid, body, count, authorization } = input
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, { connections: CONNECTIONS })
  const latencies: number[] = []
  let left = count
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const began = performance.now()
      await ask({ pool, pathname, body, authorization: authorization() })
      latencies.push(performance.now() - began)
    }
  }
  const cpuBefore = cpuMsOf(pid)
  const began = performance.now()
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  const elapsedMs = performance.now() - began
  const cpuMs = cpuMsOf(pid) - cpuBefore
  await pool.close()
  return { cpuMs, elapsedMs, latencies }
}

/** What several turns come to, per request. */
export function resultOf(turns: readonly Turn[]): LoadResult {
  const latencies = turns.flatMap((turn) => turn.latencies).sort((a, b) => a - b)
  const count = latencies.length
  const sum = (figure: 'cpuMs' | 'elapsedMs'): number => turns.reduce((total, turn) => total + turn[figure], 0)
  const at = (part: number): number => latencies[Math.min(count - 1, Math.floor(count * part))] ?? 0
  return {
    cpuMs: sum('cpuMs') / count,
    perSecond: (count / sum('elapsedMs')) * 1_000,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  }
}

export async function ask(input: {
  pool: Pool
  pathname: string
  body: string
  authorization: string
}): Promise<string> {
  const { pool, pathname, body, authorization } = input
  const answer = await pool.request({
    method: 'POST',
    path: pathname,
    headers: { 'content-type': 'application/json', accept: 'application/json', authorization },
    body,
  })
  const text = await answer.body.text()
  if (answer.statusCode !== 200 || text.includes('"errors"'))
    throw new Error(`${answer.statusCode} ${text.slice(0, 500)}`)
  return text
}
