import { createVerifier, type Logger, silentLogger } from '@corridor/platform'
import { testClock } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningServer, serveSubgraph } from '../src/index.ts'
import { buildBookSchema } from './book-subgraph.ts'

const clock = testClock()
const left = Promise.withResolvers<void>()
const errors: unknown[] = []
const logger: Logger = { ...silentLogger, error: (...given: unknown[]) => void errors.push(given) }
let server: RunningServer

/** Endless, and tells when nobody listens any more. */
async function* endless(): AsyncGenerator<string> {
  try {
    for (;;) yield 'a line\n'.repeat(1_000)
  } finally {
    left.resolve()
  }
}

async function* failing(): AsyncGenerator<string> {
  yield 'a beginning'
  throw new Error('the end is gone')
}

beforeAll(async () => {
  server = await serveSubgraph(
    { name: 'wallet', schema: await buildBookSchema(), ready: async () => [], close: async () => undefined },
    {
      port: 0,
      verifier: createVerifier({ audience: 'wallet', publicJwks: {}, clock }),
      logger,
      clock,
      routes: {
        'GET /endless': async () => ({ status: 200, body: endless() }),
        'GET /failing': async () => ({ status: 200, body: failing() }),
      },
    },
  )
})
afterAll(() => server.close())

describe('a streamed answer', () => {
  it('ends with its client', async () => {
    const leave = new AbortController()
    const response = await fetch(new URL('/endless', server.url), { signal: leave.signal })
    const first = await response.body?.getReader().read()
    expect(Buffer.from(first?.value ?? []).toString()).toMatch(/^a line\n/)
    leave.abort()
    await left.promise
    expect(errors).toEqual([])
  })

  it('that breaks off is never taken for a whole one', async () => {
    const whole = fetch(new URL('/failing', server.url)).then((response) => response.text())
    await expect(whole).rejects.toThrow()
    expect(errors).toMatchObject([[{ error: { message: 'the end is gone' } }, 'an answer was broken off']])
  })
})
