import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { freePort, ROLE_SCOPES, StartError } from '../src/index.ts'
import { emptyDirectory, logIn, start } from './identity-client.ts'

test('keys and users outlive a restart; a token from before verifies after', async () => {
  const directory = emptyDirectory()
  const port = await freePort()
  const before = await start({ directory, port })
  const token = await before.issueToken('customer1')
  const admin = `Basic ${Buffer.from('admin:admin').toString('base64')}`
  const made = await fetch(`${before.url}/scim2/Users`, {
    method: 'POST',
    headers: { authorization: admin },
    body: JSON.stringify({ userName: 'kept', password: 'A g00d password' }),
  })
  expect(made.status).toBe(201)
  const removed = await fetch(`${before.url}/scim2/Users/00000000-0000-4000-8000-000000000003`, {
    method: 'DELETE',
    headers: { authorization: admin },
  })
  expect(removed.status).toBe(204)
  await before.close()

  const after = await start({ directory, port })
  try {
    const jwks = (await (await fetch(after.jwksUri)).json()) as JSONWebKeySet // Judged by jose in the next line.
    expect((await jwtVerify(token, createLocalJWKSet(jwks))).payload.sub).toBe(decodeJwt(token).sub)
    expect((await logIn(after, 'kept', 'A g00d password')).status).toBe(200)
    expect((await logIn(after, 'customer3')).body.error).toBe('invalid_grant')
  } finally {
    await after.close()
  }
})

test('what is kept is private and holds no password', async () => {
  const directory = emptyDirectory()
  await (await start({ directory })).close()
  const users = join(directory, 'users.json')
  expect(readFileSync(users, 'utf8')).not.toContain('"password"')
  expect(readFileSync(users, 'utf8')).toContain('"passwordHash": "scrypt$')
  for (const file of [users, join(directory, 'keys.json')]) expect(statSync(file).mode & 0o077).toBe(0)
})

test('ten failures within a minute block a name for the rest of it, the right password too', async () => {
  let now = new Date('2026-01-01T00:00:00Z')
  const identity = await start({ clock: { now: () => now } })
  try {
    const failures = await Promise.all(Array.from({ length: 10 }, () => logIn(identity, 'customer1', 'not-it')))
    expect(failures.every(({ body }) => body.error === 'invalid_grant')).toBe(true)
    const blocked = await logIn(identity, 'Customer1', 'customer1')
    expect(blocked.body).toMatchObject({ error: 'invalid_grant', error_description: /Too many failed logins/ })
    expect((await logIn(identity, 'customer2')).status).toBe(200)
    now = new Date('2026-01-01T00:01:01Z')
    expect((await logIn(identity, 'customer1')).status).toBe(200)
  } finally {
    await identity.close()
  }
})

test('a taken port is one clear sentence', async () => {
  const port = await freePort()
  const first = await start({ port })
  try {
    await expect(start({ port })).rejects.toThrow(StartError)
    await expect(start({ port })).rejects.toThrow(`Port ${port}, which the development identity server needs, is taken`)
  } finally {
    await first.close()
  }
})

const rolesTable = join(import.meta.dirname, '../../../../shared/contract/scopes.md')

const absent = existsSync(rolesTable) ? '' : ' (../shared is absent)'

test.skipIf(absent !== '')(`roles have the scopes of the contract${absent}`, () => {
  const text = readFileSync(rolesTable, 'utf8')
  const cells = (name: string) => new RegExp(`^\\| \`${name}\` \\| ([^|]+) \\|$`, 'm').exec(text)?.[1] ?? ''
  const scopesIn = (part: string) => part.match(/[a-z]+:[a-z]+/g) ?? []
  const reads = scopesIn(/^"Reads" below: (.+)$/m.exec(text)?.[1] ?? '')
  const all = [...text.matchAll(/^\| `([a-z]+:[a-z]+)` \|/gm)].map(([, scope]) => scope)
  for (const role of ['user', 'ops_users', 'finance', 'auditor'] as const) {
    expect([...ROLE_SCOPES[role]].sort()).toEqual([...reads, ...scopesIn(cells(role))].sort())
  }
  expect([...ROLE_SCOPES.app_admin].sort()).toEqual(all.sort())
})
