import type { Change, Step } from '../change.ts'
import type { Connections } from '../connections.ts'
import type { Desired } from '../desired.ts'
import type { Settings } from '../settings.ts'
import { KEY_MANAGER } from './key-manager.ts'
import { SERVICES } from './services.ts'

/**
 * Takes away what setup-all and create-app made, in the order that the products allow: what uses a thing goes before it.
 * Users stay, and what was not made here.
 */
export function teardownSteps(
  connections: Connections,
  desired: Desired,
  settings: Settings,
  applications: readonly string[],
): Step[] {
  const { admin, publisher, portal, identity, applications: identityApplications } = connections
  const removal = (what: string, apply: () => Promise<void>): Change => ({ sign: '-', what, apply })
  return [
    {
      name: 'Applications',
      look: async () => {
        const found = await Promise.all(applications.map((name) => portal.findApplication(name)))
        return found.flatMap((application) =>
          application === null
            ? []
            : [removal(application.name, () => portal.deleteApplication(application.applicationId))],
        )
      },
    },
    {
      name: 'Applications of the services and the web app',
      look: async () => {
        const found = await Promise.all(
          [SERVICES, settings.web.clientId].map(async (name) => ({ name, id: await identityApplications.find(name) })),
        )
        return found.flatMap(({ name, id }) =>
          id === null ? [] : [removal(name, () => identityApplications.delete(id))],
        )
      },
    },
    {
      name: 'API',
      look: async () => {
        const api = await publisher.findApi(settings.api)
        return api === null ? [] : [removal(`${api.name} ${api.version}`, () => publisher.deleteApi(api.id))]
      },
    },
    {
      name: 'Shared scopes',
      look: async () => {
        const ours = new Set(desired.scopes.map(({ name }) => name))
        return (await publisher.sharedScopes())
          .filter(({ name }) => ours.has(name))
          .map(({ name, id = '' }) => removal(name, () => publisher.deleteScope(id)))
      },
    },
    {
      name: 'Roles',
      look: async () => {
        const roles = await Promise.all([...desired.roles.keys()].map((name) => identity.findRole(name)))
        return roles.flatMap((role) =>
          role === null ? [] : [removal(role.displayName, () => identity.deleteRole(role.id))],
        )
      },
    },
    {
      name: 'Key manager',
      look: async () => {
        const keyManager = await admin.findKeyManager(KEY_MANAGER)
        return keyManager === null ? [] : [removal(KEY_MANAGER, () => admin.deleteKeyManager(keyManager.id ?? ''))]
      },
    },
    {
      name: 'Throttling policies',
      look: async () => {
        const policies = await Promise.all(desired.policies.map(({ policyName }) => admin.findPolicy(policyName)))
        return policies.flatMap((policy) =>
          policy === null ? [] : [removal(policy.policyName, () => admin.deletePolicy(policy.policyId ?? ''))],
        )
      },
    },
  ]
}
