import type { Change, Step } from '../change.ts'
import type { Connections } from '../connections.ts'
import {
  areServiceCredentialsKept,
  type ServiceCredentials,
  saveServiceCredentials,
  serviceCredentialsFile,
} from '../credentials.ts'
import { USERS_RESOURCE } from '../is/identity-server.ts'
import type { Settings } from '../settings.ts'

export const SERVICES = 'corridor-services'
const DESCRIPTION = 'The services of Corridor, which register, change and erase users.'
/** For tokens of their own; and to have a user's present password judged before he changes it. */
const GRANTS = ['client_credentials', 'password']
const SCOPES = ['create', 'delete', 'list', 'update', 'view'].map((access) => `internal_user_mgt_${access}`)

/**
 * The application by which the platform's own services manage users, made in Identity Server alone: it is no client of
 * the published API, and none of its scopes are API Manager's.
 */
export const servicesSteps = (connections: Connections, settings: Settings): Step[] => [
  applicationStep(connections),
  scopesStep(connections),
  credentialsStep(connections, settings),
]

const applicationStep = ({ applications }: Connections): Step => ({
  name: 'Application of the services',
  look: async () => {
    const id = await applications.find(SERVICES)
    if (id === null) {
      const apply = () => applications.create(SERVICES, DESCRIPTION, { grantTypes: GRANTS, publicClient: false })
      return [{ sign: '+', what: `${SERVICES} with ${GRANTS.join(', ')}`, apply }]
    }
    const oidc = await applications.oidc(id)
    const [is, shall] = [[...oidc.grantTypes].sort().join(', '), GRANTS.join(', ')]
    if (is === shall) return []
    const apply = () => applications.updateOidc(id, { ...oidc, grantTypes: GRANTS })
    return [{ sign: '~', what: SERVICES, details: [`grants: ${is} -> ${shall}`], apply }]
  },
})

const scopesStep = ({ applications, identity }: Connections): Step => ({
  name: 'Its scopes',
  look: async () => {
    const id = await applications.find(SERVICES)
    const authorize = async (): Promise<void> => {
      const [application, resource] = await Promise.all([
        applications.find(SERVICES),
        identity.findApiResource(USERS_RESOURCE),
      ])
      if (application === null || resource === null) {
        throw new Error(`Identity Server has no ${application === null ? SERVICES : `API ${USERS_RESOURCE}`}.`)
      }
      await applications.authorize(application, resource.id, SCOPES)
    }
    const all: Change = { sign: '+', what: SCOPES.join(', '), apply: authorize }
    const resource = id === null ? null : await identity.findApiResource(USERS_RESOURCE)
    if (id === null || resource === null) return [all]
    const has = await applications.authorizedScopes(id, resource.id)
    if (has === null) return [all]
    const addedScopes = SCOPES.filter((scope) => !has.includes(scope))
    const removedScopes = has.filter((scope) => !SCOPES.includes(scope))
    if (addedScopes.length + removedScopes.length === 0) return []
    const details = [...addedScopes.map((scope) => `+ ${scope}`), ...removedScopes.map((scope) => `- ${scope}`)]
    const apply = () => applications.changeScopes(id, resource.id, { addedScopes, removedScopes })
    return [{ sign: '~', what: 'authorized scopes', details, apply }]
  },
})

const credentialsStep = ({ applications }: Connections, settings: Settings): Step => ({
  name: 'Its credentials',
  look: async () => {
    const id = await applications.find(SERVICES)
    if (id !== null && areServiceCredentialsKept(settings, await credentialsOf(applications, id))) return []
    const apply = async () => {
      const made = await applications.find(SERVICES)
      if (made === null) throw new Error(`The application ${SERVICES} is gone.`)
      saveServiceCredentials(settings, await credentialsOf(applications, made))
    }
    return [{ sign: '+', what: `kept in ${serviceCredentialsFile(settings)}`, apply }]
  },
})

async function credentialsOf(applications: Connections['applications'], id: string): Promise<ServiceCredentials> {
  const { clientId, clientSecret } = await applications.oidc(id)
  if (clientId === undefined || clientSecret === undefined) {
    throw new Error(
      `Identity Server does not show the secret of ${SERVICES}: it hashes them ([oauth] hash_tokens_and_secrets).`,
    )
  }
  return { clientId, clientSecret }
}
