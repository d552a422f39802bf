import { mkdtempSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkService, createOrm, createPool, Degraded, dependsOn, gauge, stateOf } from '../src/index.ts'
import { type OperationsServer, serveOperations } from '../src/operations-server.ts'

const answer = { redis: (): unknown => undefined, kafka: (): unknown => undefined }
const lag = gauge({ name: 'corridor.test.lag', unit: 's', description: 'Of this test.', inStatus: true })
const ends = [
  dependsOn({ name: 'redis', service: null, required: false, ask: () => answer.redis() }),
  dependsOn({ name: 'kafka', service: 'mailer', required: true, ask: () => answer.kafka() }),
]
let server: OperationsServer
beforeAll(async () => {
  server = await serveOperations({ service: 'mailer', port: 0 })
})
afterAll(async () => {
  for (const end of ends) end()
  await server.close()
})

const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`)
const failing = (): never => {
  throw new Error('away')
}

describe('the readiness of a process', () => {
  it('is up with all that it needs, with the time that each took', async () => {
    const response = await get('/ready')
    expect(response.status).toBe(200)
    const latencyMs = expect.any(Number)
    expect(await response.json()).toEqual({
      status: 'up',
      parts: [
        {
          name: 'mailer',
          state: 'up',
          dependencies: [
            { name: 'redis', ok: true, degraded: false, latencyMs },
            { name: 'kafka', ok: true, degraded: false, latencyMs },
          ],
        },
      ],
    })
  })

  it('is degraded, and still ready, without what it can do without', async () => {
    answer.redis = failing
    expect(stateOf(await checkService('mailer'))).toBe('degraded')
    expect(await (await get('/ready')).json()).toMatchObject({ status: 'degraded' })
    expect((await get('/ready')).status).toBe(200)
    answer.redis = () => {
      throw new Degraded('slow to answer')
    }
    expect(await checkService('mailer')).toContainEqual(expect.objectContaining({ detail: 'slow to answer', ok: true }))
  })

  it('is down, and not ready, without what it cannot do without; it is alive all the same', async () => {
    answer.kafka = failing
    const response = await get('/ready')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ status: 'down' })
    expect((await get('/health')).status).toBe(200)
    answer.kafka = () => undefined
    answer.redis = () => undefined
  })

  it('knows the database of a pool, and of MikroORM’s, from its beginning to its end', async () => {
    const silent = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const pool = createPool({ url: `postgresql://nobody@127.0.0.1:${port}/none`, service: 'broken' })
    expect(await checkService('broken')).toContainEqual(expect.objectContaining({ name: 'postgresql', ok: false }))
    await pool.end()
    expect(await checkService('broken')).not.toContainEqual(expect.objectContaining({ name: 'postgresql' }))
    const orm = await createOrm({ url: `postgresql://nobody@127.0.0.1:${port}/none`, service: 'broken', entities: [] })
    expect(await checkService('broken')).toContainEqual(expect.objectContaining({ name: 'postgresql', ok: false }))
    await orm.close()
    expect(await checkService('broken')).not.toContainEqual(expect.objectContaining({ name: 'postgresql' }))
    silent.close()
  })
})

describe('the database of a pool all of whose connections are in use', () => {
  const ofFull = async () => (await checkService('full')).find(({ name }) => name === 'postgresql')

  it('is degraded while it answers', async () => {
    const database = await createTestDatabase({ migrationsDirectory: mkdtempSync(join(tmpdir(), 'corridor-none-')) })
    const pool = createPool({ url: database.applicationUrl, service: 'full', max: 1 })
    const client = await pool.connect()
    await client.query('select 1')
    const waiting = pool.query('select 1')
    expect(await ofFull()).toMatchObject({ ok: true, degraded: true, detail: 'every connection is in use' })
    client.release()
    await waiting
    expect(await ofFull()).toMatchObject({ ok: true, degraded: false })
    await pool.end()
    await database.drop()
  })

  it('is down when it takes connections and answers nothing', async () => {
    const sockets: Socket[] = []
    const hanging = createServer((socket) => void sockets.push(socket))
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve))
    const { port } = hanging.address() as AddressInfo // It listens on TCP.
    const pool = createPool({ url: `postgresql://nobody@127.0.0.1:${port}/none`, service: 'full', max: 1 })
    const waiting = [pool.query('select 1'), pool.query('select 1')]
    const failing = Promise.allSettled(waiting)
    expect(await ofFull()).toMatchObject({ ok: false })
    for (const socket of sockets) socket.destroy()
    hanging.close()
    await failing
    await pool.end()
  })
})

describe('the operations server', () => {
  it('shows figures, and metrics for Prometheus', async () => {
    lag.of({}).set(2.5)
    const figures = [{ name: 'corridor.test.lag', unit: 's', attributes: {}, value: 2.5 }]
    expect(await (await get('/status')).json()).toMatchObject({
      service: 'mailer',
      figures: expect.arrayContaining(figures),
    })
    const metrics = await get('/metrics')
    expect(metrics.headers.get('content-type')).toContain('version=0.0.4')
    expect(await metrics.text()).toContain('corridor_test_lag_seconds{service_name="mailer"} 2.5')
  })

  it('has nothing else, and changes nothing', async () => {
    expect((await get('/level')).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${server.port}/health`, { method: 'POST' })).status).toBe(404)
  })
})
