import { ROLE_SCOPES } from '@corridor/platform'
import { afterEach, describe, expect, it } from 'vitest'
import type { Traps } from './stand-in/api-manager.ts'
import { CONTRACTS_REASON, contractsArePresent } from './stand-in/contracts.ts'
import { Products, SMALL_SUPERGRAPH, WITH_ONE_MORE_QUERY } from './stand-in/products.ts'

const open: Products[] = []
async function products(traps: Partial<Traps> = {}): Promise<Products> {
  const started = await new Products(traps).start()
  open.push(started)
  return started
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((started) => started.close()))
})

const operation = (of: Products, target: string) => of.manager.live?.operations.find((item) => item.target === target)

describe('setup-all on empty products', () => {
  it('publishes every root field with the scopes of the schema', async () => {
    const both = await products()
    expect(await both.run('setup-all')).toMatchObject({ code: 0 })
    expect(operation(both, 'rate')).toMatchObject({
      verb: 'QUERY',
      authType: 'Application & Application User',
      scopes: ['forex:read'],
    })
    expect(operation(both, 'sendPayment')).toMatchObject({ verb: 'MUTATION', scopes: ['payments:write'] })
    expect(operation(both, 'paymentStatusChanged')).toMatchObject({ verb: 'SUBSCRIPTION', scopes: ['payments:read'] })
    expect(operation(both, 'me')).toMatchObject({ authType: 'Application & Application User', scopes: [] })
    const open = both.manager.live?.operations.filter(({ authType }) => authType === 'None' || authType === 'Any')
    expect(open?.map(({ target }) => target).filter((target) => target !== 'registerProfile')).toEqual([])
    expect(both.manager.api?.lifeCycleStatus).toBe('PUBLISHED')
  })

  it('publishes the public schema: nothing of federation, nothing internal', async () => {
    const both = await products()
    await both.run('setup-all')
    expect(both.manager.sdl).toContain('type Payment ')
    expect(both.manager.sdl).not.toMatch(/join__|_entities|_service|@requiresScopes|@live|postJournals/)
    expect(both.manager.weights).toContainEqual({ type: 'PaymentConnection', field: 'edges', complexityValue: 20 })
  })

  it('gives each role its scopes in Identity Server', async () => {
    const both = await products()
    await both.run('setup-all')
    const known = new Set(both.identity.resource?.scopes)
    for (const [name, scopes] of Object.entries(ROLE_SCOPES)) {
      const role = [...both.identity.roles.values()].find(({ displayName }) => displayName === name)
      expect([...(role?.permissions ?? [])].sort()).toEqual(scopes.filter((scope) => known.has(scope)).sort())
    }
  })

  it('changes nothing the second time', async () => {
    const both = await products()
    await both.run('setup-all')
    const second = await both.run('setup-all')
    expect(second.writes).toEqual([])
    expect(second.text).toContain('Nothing to change.')
  })

  it('shows with --dry-run what it would do, and does none of it', async () => {
    const both = await products()
    const dry = await both.run('setup-all --dry-run')
    expect(dry.writes).toEqual([])
    expect(dry.text).toContain('+ payments:write for app_admin, user')
    expect(dry.text).toMatch(/\d+ changes, none applied/)
  })

  it.skipIf(!contractsArePresent)(
    `asks only what the OpenAPI documents describe (skipped when ${CONTRACTS_REASON})`,
    async () => {
      const both = await products()
      await both.run('setup-all')
      both.supergraph = WITH_ONE_MORE_QUERY
      await both.run('setup-all')
      await both.run('create-app console')
      await both.run('user add ada --email ada@example.com', { WSO2_USER_PASSWORD: 'Secret-123' })
      await both.run('role remove user ada')
      await both.run('teardown --apps console')
      expect(both.contracts?.violations).toEqual([])
      expect(both.contracts?.checked).toBeGreaterThan(150)
    },
  )
})

describe('setup-all', () => {
  it('finishes after it was killed at any write, before or after the product had done it', async () => {
    const whole = await products()
    whole.supergraph = SMALL_SUPERGRAPH
    const { writes } = await whole.run('setup-all')
    expect(writes.length).toBeGreaterThan(15)
    const goal = whole.state()
    for (let at = 0; at < writes.length; at++) {
      const both = await products()
      both.supergraph = SMALL_SUPERGRAPH
      const phase = at % 2 === 0 ? 'before' : 'after'
      let seen = 0
      let killed = false
      both.cut = (now) => {
        killed ||= now === phase && seen++ === at
        return killed
      }
      await expect(both.run('setup-all')).rejects.toThrow('no answer')
      both.cut = undefined
      await both.run('setup-all')
      expect(both.state(), `cut ${phase} write ${at}, ${writes[at]}`).toEqual(goal)
    }
  })

  it('updates only what a change of the schema changed, and opens nothing before it has its scope', async () => {
    const both = await products()
    await both.run('setup-all')
    both.supergraph = WITH_ONE_MORE_QUERY
    const dry = await both.run('publish --dry-run')
    expect(dry.text).toContain('~ schema')
    expect(dry.text).toContain('QUERY oneMore: is not there')
    let deployedWithout: string | undefined
    both.cut = (phase, write) => {
      const unprotected = both.manager.api?.operations.find(
        ({ scopes, target }) => target === 'oneMore' && scopes.length === 0,
      )
      if (phase === 'before' && /deploy-revision|revisions$/.test(write) && unprotected) deployedWithout = write
      return false
    }
    const { writes } = await both.run('setup-all')
    expect(deployedWithout).toBeUndefined()
    expect(operation(both, 'oneMore')).toMatchObject({ scopes: ['forex:read'] })
    expect(writes.filter((write) => /scopes$|key-managers|Roles|policies\/subscription/.test(write))).toEqual([])
    expect(both.manager.revisions).toHaveLength(1)
  })

  it('deploys again when the event for the gateway was lost', async () => {
    const both = await products({ lostDeployments: 2 })
    await both.run('setup-all')
    expect(operation(both, 'rate')).toMatchObject({ scopes: ['forex:read'] })
  })

  it('deploys again when it is asked to, for an update whose event was lost', async () => {
    const both = await products()
    await both.run('setup-all')
    both.supergraph = WITH_ONE_MORE_QUERY
    both.manager.traps.lostDeployments = 1
    await both.run('publish')
    expect(operation(both, 'oneMore')).toBeUndefined()
    await both.run('publish --redeploy')
    expect(operation(both, 'oneMore')).toMatchObject({ scopes: ['forex:read'] })
  })

  it('gives up with what to do when the gateway never gets it', async () => {
    const both = await products({ lostDeployments: 99 })
    await expect(both.run('setup-all')).rejects.toThrow(/the gateway has not got it\.\n {2}Remedy: /)
  })

  it('waits for a key manager that is not yet known everywhere', async () => {
    const both = await products({ keyManagerAppearsAfter: 3 })
    await both.run('setup-all')
    expect(operation(both, 'rate')).toMatchObject({ scopes: ['forex:read'] })
  })

  it('makes the scopes that API Manager said it had made in Identity Server', async () => {
    const both = await products({ lostScopes: 2 })
    const { text } = await both.run('setup-all')
    expect(text).toContain('Scopes and permissions in Identity Server: ')
    expect(new Set(both.identity.resource?.scopes)).toEqual(
      new Set([...both.manager.scopes.values()].map(({ name }) => name)),
    )
    expect((await both.run('setup-all')).writes).toEqual([])
  })

  it('puts back what somebody changed by hand', async () => {
    const both = await products()
    await both.run('setup-all')
    const [sent] = both.manager.api?.operations.filter(({ target }) => target === 'sendPayment') ?? []
    if (sent) sent.scopes = []
    for (const role of both.identity.roles.values()) role.permissions = ['internal_login', ...role.permissions.slice(1)]
    const { text } = await both.run('setup-all')
    expect(text).toContain('MUTATION sendPayment: scopes: [] -> ["payments:write"]')
    const [role] = both.identity.roles.values()
    expect(role?.permissions).toContain('internal_login')
    expect((await both.run('setup-all')).writes).toEqual([])
  })

  it('says that the administrator was refused, what to do, and nothing of the password', async () => {
    const both = await products()
    const refused = both.run('setup-all', { WSO2_ADMIN_PASSWORD: 'wrong-secret' })
    await expect(refused).rejects.toThrow(
      /API Manager: POST \/oauth2\/token \(400 invalid_grant\): wrong\n {2}Remedy: /,
    )
    await expect(refused).rejects.not.toThrow(/wrong-secret/)
  })

  it('never prints a password', async () => {
    const both = await products()
    const { text } = await both.run('setup-all')
    expect(text).not.toContain('correct')
  })
})

describe('teardown', () => {
  it('leaves users and nothing else', async () => {
    const both = await products()
    await both.run('setup-all')
    await both.run('create-app console')
    await both.run('user add ada --email ada@example.com', { WSO2_USER_PASSWORD: 'Secret-123' })
    await both.run('teardown --apps console')
    const { api, scopes, policies, keyManagers, applications } = both.manager
    expect([api, scopes.size, policies.size, keyManagers.size, applications.size]).toEqual([null, 0, 0, 0, 0])
    expect([...both.identity.roles]).toEqual([])
    expect([...both.identity.users.values()].map(({ userName }) => userName)).toEqual(['ada'])
    expect((await both.run('teardown --apps console')).writes).toEqual([])
  })
})
