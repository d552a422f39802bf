import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Products } from './stand-in/products.ts'

let both: Products
beforeAll(async () => {
  both = await new Products().start()
  await both.run('setup-all')
})
afterAll(() => both.close())

const PASSWORD = { WSO2_USER_PASSWORD: 'Secret-123' }

describe('create-app', () => {
  it('makes a subscribed application whose keys may ask for the scopes of this API, and keeps them unseen', async () => {
    const { text } = await both.run('create-app console')
    const [application] = both.manager.applications.values()
    expect(application?.subscriptions).toMatchObject([{ apiId: both.manager.api?.id }])
    const [key] = application?.keys ?? []
    const client = both.identity.clients.get(String(key?.consumerKey))
    expect([...(client?.authorized.values() ?? [])].flat()).toContain('payments:write')
    expect(client?.oidc).toMatchObject({ accessToken: { type: 'JWT' }, idToken: { audience: ['corridor'] } })
    expect(text).not.toContain('consumer-secret')
    expect(statSync(join(both.folder, 'console.json')).mode & 0o077).toBe(0)
  })

  it('changes nothing the second time', async () => {
    expect((await both.run('create-app console')).writes).toEqual([])
  })

  it('makes no application that acts for itself with every scope', async () => {
    const refused = both.run('create-app machine --grants client_credentials')
    await expect(refused).rejects.toThrow('needs its scopes named')
    await both.run('create-app machine --grants client_credentials --scopes forex:read')
    const token = await both.run('token client-credentials --app machine --scopes forex:read,payments:write')
    expect(token.text).toContain('with: forex:read')
    expect(token.text).not.toContain('payments:write')
  })

  it('refuses scopes that the API does not have', async () => {
    await expect(both.run('create-app other --scopes forex:nothing')).rejects.toThrow('has no scope forex:nothing')
  })
})

describe('users and roles', () => {
  it('add a customer, whose token has what his roles have of what was asked for', async () => {
    await both.run('user add ada --email ada@example.com', PASSWORD)
    const token = await both.run(
      'token password --app console --user ada --scopes payments:write,rules:write',
      PASSWORD,
    )
    expect(token.printed).toBe('token of ada')
    expect(token.text).toContain('with: payments:write')
    expect(token.text).not.toContain('rules:write')
  })

  it('change nothing when they are as asked', async () => {
    expect((await both.run('user add ada --email ada@example.com', PASSWORD)).writes).toEqual([])
    expect((await both.run('role assign user ada')).writes).toEqual([])
  })

  it('assign and remove roles, and say who has one', async () => {
    await both.run('role assign ops_users ada')
    expect((await both.run('role list')).text).toContain('ops_users: ada')
    await both.run('role remove ops_users ada')
    expect((await both.run('role list')).text).toContain('ops_users: nobody')
  })

  it('deactivate, activate, show and delete a user', async () => {
    expect((await both.run('user deactivate ada')).text).toContain('(not active)')
    expect((await both.run('user show ada')).text).toContain('(not active)')
    expect((await both.run('user activate ada')).text).not.toContain('not active')
    await both.run('user delete ada')
    expect((await both.run('user list')).text).toBe('')
  })

  it('name who is not there, and what to type', async () => {
    await expect(both.run('role assign user nobody')).rejects.toThrow(
      'There is no user nobody: npm run wso2 -- user add',
    )
    await expect(both.run('role assign nothing ada')).rejects.toThrow('There is no role nothing')
  })
})

describe('the command line', () => {
  it('refuses what it does not know with the usage', async () => {
    await expect(both.run('publsh')).rejects.toThrow(/There is no command publsh[\s\S]+setup-all/)
    await expect(both.run('token magic')).rejects.toThrow('There is no grant magic: client-credentials, password')
    await expect(both.run('user add ada')).rejects.toThrow('WSO2_USER_PASSWORD')
  })

  it('says of each product whether it is ready, with an exit code for scripts', async () => {
    expect(await both.run('health')).toMatchObject({ code: 0 })
    const nobody = await both.run('health', { WSO2_IS_URL: 'http://127.0.0.1:9' })
    expect(nobody).toMatchObject({ code: 1 })
    expect(nobody.text).toContain('Identity Server: no answer')
  })

  it('lists all settings that are missing', async () => {
    await expect(both.run('health', { WSO2_ADMIN_PASSWORD: '' })).rejects.toThrow('WSO2_ADMIN_PASSWORD is not set')
  })
})
