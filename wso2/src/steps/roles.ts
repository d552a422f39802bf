import type { Change, Step } from '../change.ts'
import type { Connections } from '../connections.ts'
import type { Desired } from '../desired.ts'
import { withRetries } from '../http/wait.ts'

/** Roles of the organization in Identity Server. They must be there before scopes are bound to them. */
export const rolesStep = ({ identity }: Connections, { roles }: Pick<Desired, 'roles'>): Step => ({
  name: 'Roles',
  look: async () => {
    const found = await Promise.all(
      [...roles.keys()].map(async (name) => ({ name, role: await identity.findRole(name) })),
    )
    return found
      .filter(({ role }) => role === null)
      .map(({ name }): Change => ({ sign: '+', what: name, apply: () => identity.createRole(name) }))
  },
})

/** Shared scopes in API Manager, whose connector makes them in Identity Server too and binds them to the roles. */
export const scopesStep = ({ publisher, pace }: Connections, { scopes }: Pick<Desired, 'scopes'>): Step => ({
  name: 'Shared scopes',
  look: async () => {
    const existing = new Map((await publisher.sharedScopes()).map((scope) => [scope.name, scope]))
    return scopes.flatMap((scope): Change[] => {
      const { name, description, bindings } = scope
      const found = existing.get(name)
      // A key manager that was just made is not yet known to every part of API Manager.
      const write = (action: () => Promise<void>) => () => withRetries(action, pace)
      if (found === undefined) {
        return [
          { sign: '+', what: `${name} for ${bindings.join(', ')}`, apply: write(() => publisher.createScope(scope)) },
        ]
      }
      const bound = [...found.bindings].sort().join(', ')
      if (bound === bindings.join(', ') && found.description === description) return []
      const details = [`bindings: ${bound} -> ${bindings.join(', ')}`, `description: ${description}`]
      const id = found.id ?? ''
      return [{ sign: '~', what: name, details, apply: write(() => publisher.updateScope(id, { ...found, ...scope })) }]
    })
  },
})

/**
 * What API Manager answers 201 to may still have failed in Identity Server: its scopes and the permissions of the roles
 * are looked at there, and what is missing is written there. A permission that is none of our scopes is kept.
 */
export const identityScopesStep = ({ identity }: Connections, desired: Pick<Desired, 'scopes' | 'roles'>): Step => ({
  name: 'Scopes and permissions in Identity Server',
  look: async () => {
    const { scopes, roles } = desired
    const resource = await identity.findApiResource()
    const known = new Set(resource?.scopes.map(({ name }) => name))
    const missing = scopes.filter(({ name }) => !known.has(name))
    const changes: Change[] = []
    if (missing.length > 0) {
      changes.push({
        sign: '+',
        what: `scopes ${missing.map(({ name }) => name).join(', ')}`,
        apply: () =>
          resource === null ? identity.createApiResource(missing) : identity.addScopes(resource.id, missing),
      })
    }
    const ours = new Set(scopes.map(({ name }) => name))
    for (const [name, wanted] of roles) changes.push(...(await permissionsOf(identity, name, wanted, ours)))
    return changes
  },
})

async function permissionsOf(
  identity: Connections['identity'],
  name: string,
  roleScopes: readonly string[],
  ours: ReadonlySet<string>,
): Promise<Change[]> {
  const role = await identity.findRole(name)
  const has = new Set(role?.permissions)
  // A scope that opens no field exists nowhere, whatever the table of roles says.
  const wanted = roleScopes.filter((scope) => ours.has(scope))
  const added = wanted.filter((scope) => !has.has(scope))
  const removed = [...has].filter((scope) => ours.has(scope) && !wanted.includes(scope))
  if (added.length === 0 && removed.length === 0) return []
  const kept = [...has].filter((scope) => !ours.has(scope))
  return [
    {
      sign: '~',
      what: `permissions of ${name}`,
      details: [...added.map((scope) => `+ ${scope}`), ...removed.map((scope) => `- ${scope}`)],
      apply: async () => {
        // It may have been made after the look, by an earlier step of a dry run's plan.
        const present = role ?? (await identity.findRole(name))
        if (present === null) throw new Error(`The role ${name} is gone: npm run wso2 -- setup-roles.`)
        await identity.replacePermissions(present.id, [...kept, ...wanted])
      },
    },
  ]
}
