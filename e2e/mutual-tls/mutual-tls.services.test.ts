import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from '@corridor/certs'
import {
  createSigner,
  createVerifier,
  generateInternalKeyPair,
  silentLogger,
  systemClock,
  type Tls,
} from '@corridor/platform'
import { createServiceClient, serveSubgraph } from '@corridor/subgraph'
import { buildSchema } from 'graphql'
import { afterAll, beforeAll, expect, it } from 'vitest'

const PARTIES = ['wallet', 'router'].map((name) => ({ name, hosts: ['localhost'], keystore: false }))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'corridor-tls-'))
  for (const authority of ['ours', 'theirs']) {
    generate({ folder: join(folder, authority), now: new Date(), parties: PARTIES })
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (authority: string, file: string): string => readFileSync(join(folder, authority, file), 'utf8')
const partyOf = (authority: string, name: string, trusts = authority): Tls => ({
  cert: read(authority, `${name}.pem`),
  key: read(authority, `${name}.key`),
  ca: read(trusts, 'ca.pem'),
})

it('a subgraph answers who shows a certificate of its authority, and the caller one who does so too', async () => {
  const keys = await generateInternalKeyPair()
  const clock = systemClock
  const schema = buildSchema('type Query { name: String }')
  const server = await serveSubgraph(
    { name: 'wallet', schema, ready: async () => [], close: async () => undefined },
    {
      port: 0,
      verifier: createVerifier({ audience: 'wallet', publicJwks: { router: keys.publicJwk }, clock }),
      logger: silentLogger,
      clock,
      tls: partyOf('ours', 'wallet'),
    },
  )
  const signer = createSigner({ issuer: 'router', privateJwk: keys.privateJwk, clock })
  const ask = async (tls: Tls | undefined): Promise<unknown> => {
    const url = server.url.replace('127.0.0.1', 'localhost')
    const client = createServiceClient({ url, audience: 'wallet', signer, tls })
    return client.request('{ __typename }').finally(() => client.close())
  }
  try {
    expect(await ask(partyOf('ours', 'router'))).toEqual({ __typename: 'Query' })
    const away = { code: 'SERVICE_UNAVAILABLE' }
    await expect(ask(undefined)).rejects.toMatchObject(away)
    await expect(ask(partyOf('theirs', 'router', 'ours'))).rejects.toMatchObject(away)
    await expect(ask(partyOf('ours', 'router', 'theirs'))).rejects.toMatchObject(away)
  } finally {
    await server.close()
  }
})
