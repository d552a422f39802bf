import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { assertPortFree, freePort, StartError } from '../src/index.ts'

/** The lowest that Linux, macOS or Windows give to outgoing connections. */
const FIRST_OUTGOING_PORT = 32_768

it('gives free ports, each once, that no outgoing connection can take before they are listened on', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, () => freePort()))
  expect(new Set(ports).size).toBe(ports.length)
  expect(Math.max(...ports)).toBeLessThan(FIRST_OUTGOING_PORT)
})

it('refuses a port that another program has, and says which', async () => {
  const port = await freePort()
  await assertPortFree(port, 'Redis')
  const server = createServer()
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await expect(assertPortFree(port, 'Redis')).rejects.toThrow(StartError)
  await expect(assertPortFree(port, 'Redis')).rejects.toThrow(`Port ${port}, which Redis needs, is taken`)
})
