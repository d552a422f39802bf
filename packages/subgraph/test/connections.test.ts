import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionLimits, createVerifier, silentLogger, type Tls } from '@corridor/platform'
import { selfSigned, testClock } from '@corridor/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type RunningServer, serveSubgraph } from '../src/index.ts'
import { buildBookSchema } from './book-subgraph.ts'

const clock = testClock()
let server: RunningServer
afterEach(() => server.close())

async function serve(limits: Partial<ConnectionLimits>, tls?: Tls): Promise<void> {
  server = await serveSubgraph(
    { name: 'wallet', schema: await buildBookSchema(), ready: async () => [], close: async () => undefined },
    {
      port: 0,
      verifier: createVerifier({ audience: 'wallet', publicJwks: {}, clock }),
      logger: silentLogger,
      clock,
      limits,
      tls,
    },
  )
}

const dial = (): Socket => connect(server.port, '127.0.0.1')

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

describe('a connection to a subgraph', () => {
  it('that sends no headers, or does not end its request, is shown out', async () => {
    await serve({ headersTimeoutMs: 1_000, bodyTimeoutMs: 1_500 })
    const [silent, slow] = [dial(), dial()]
    slow.write('POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{')
    expect(await textOf(silent)).toMatch(/^HTTP\/1\.1 408 /)
    await textOf(slow) // Whatever it is told: it ends.
  })

  it('that asks nothing more is closed', async () => {
    await serve({ idleTimeoutMs: 100 })
    const idle = dial()
    idle.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n')
    expect(await textOf(idle)).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('that begins no TLS where it must is closed', async () => {
    await serve({ headersTimeoutMs: 100 }, selfSigned())
    const silent = dial()
    silent.on('error', () => undefined) // It may be reset.
    await new Promise<void>((resolve) => silent.resume().once('close', () => resolve()))
  })

  it('too many is closed, and there is room again when another ends', async () => {
    await serve({ connections: 1 })
    const first = dial()
    await once(first, 'connect')
    expect(await textOf(dial())).toBe('')
    first.destroy()
    const isTaken = async (): Promise<void> =>
      expect((await fetch(`http://127.0.0.1:${server.port}/health`)).status).toBe(200)
    await vi.waitFor(isTaken, { timeout: 30_000 })
  })
})
