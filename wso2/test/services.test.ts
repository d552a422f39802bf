import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Products } from './stand-in/products.ts'

let both: Products
let file: string
/** What was said when it was made. */
let made: string
beforeAll(async () => {
  both = await new Products().start()
  file = join(both.folder, 'corridor-services.env')
})
afterAll(() => both.close())

const SCOPES = ['create', 'delete', 'list', 'update', 'view'].map((access) => `internal_user_mgt_${access}`)
const services = () => [...both.identity.clients.values()].find(({ name }) => name === 'corridor-services')
const scopes = () => [...(services()?.authorized.values() ?? [])].flat().sort()

describe('setup-services', () => {
  it('shows with --dry-run what it would make, and makes none of it', async () => {
    const { writes, text } = await both.run('setup-services --dry-run')
    expect(writes).toEqual([])
    expect(text).toContain('+ corridor-services with client_credentials, password')
    expect(text).toContain('3 changes, none applied')
    expect(() => statSync(file)).toThrow('ENOENT')
  })

  it('makes an application that may manage users, and nothing else', async () => {
    made = (await both.run('setup-services')).text
    expect(services()?.oidc).toMatchObject({ grantTypes: ['client_credentials', 'password'], publicClient: false })
    expect(scopes()).toEqual(SCOPES)
    const env = { WSO2_CONSUMER_KEY: services()?.clientId ?? '', WSO2_CONSUMER_SECRET: 'secret of corridor-services' }
    const asked = [...SCOPES, 'internal_application_mgt_create', 'payments:write'].join(',')
    const { text } = await both.run(`token client-credentials --scopes ${asked}`, env)
    expect(text).toContain(`with: ${SCOPES.join(' ')}`)
  })

  it('keeps its secret where its owner alone reads it, and prints it nowhere', () => {
    expect(readFileSync(file, 'utf8')).toBe(
      `IDENTITY_CLIENT_ID=${services()?.clientId}\nIDENTITY_CLIENT_SECRET=secret of corridor-services\n`,
    )
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(made).toContain(`+ kept in ${file}`)
    expect(made).not.toContain('secret of')
  })

  it('changes nothing the second time', async () => {
    const { writes, text } = await both.run('setup-services')
    expect(writes).toEqual([])
    expect(text).toContain('Nothing to change.')
  })

  it('puts back what somebody changed by hand', async () => {
    const application = services()
    if (!application) throw new Error('It was made above.')
    application.oidc = { ...application.oidc, grantTypes: ['client_credentials', 'refresh_token'] }
    application.authorized.set('users-api', ['internal_user_mgt_view', 'internal_application_mgt_create'])
    const { text } = await both.run('setup-services')
    expect(text).toContain('grants: client_credentials, refresh_token -> client_credentials, password')
    expect(text).toContain('- internal_application_mgt_create')
    expect(services()?.oidc.grantTypes).toEqual(['client_credentials', 'password'])
    expect(scopes()).toEqual(SCOPES)
  })

  it('writes the file again when it says something else, or others may read it', async () => {
    writeFileSync(file, 'IDENTITY_CLIENT_ID=old\n')
    await both.run('setup-services')
    expect(readFileSync(file, 'utf8')).toContain(services()?.clientId)
    chmodSync(file, 0o644)
    const { text } = await both.run('setup-services')
    expect(text).toContain(`+ kept in ${file}`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('says what is wrong when the secret cannot be had', async () => {
    const application = services()
    if (!application) throw new Error('It was made above.')
    const { clientSecret, ...hidden } = application.oidc
    application.oidc = hidden
    await expect(both.run('setup-services')).rejects.toThrow('does not show the secret of corridor-services')
    application.oidc = { ...hidden, clientSecret }
  })

  it('is part of setup-all, and gone after teardown', async () => {
    await both.run('teardown')
    expect(services()).toBeUndefined()
    await both.run('setup-all')
    expect(scopes()).toEqual(SCOPES)
  })
})
