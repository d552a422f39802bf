import type { ApplicationKey } from '../am/types.ts'
import type { Change, Step } from '../change.ts'
import type { Connections } from '../connections.ts'
import { saveCredentials } from '../credentials.ts'
import { type Desired, SUBSCRIPTION_POLICY } from '../desired.ts'
import { withRetries } from '../http/wait.ts'
import type { Settings } from '../settings.ts'
import { KEY_MANAGER } from './key-manager.ts'

export interface WantedApplication {
  readonly name: string
  readonly grants: readonly string[]
  readonly callbackUrl: string
  /** What it may ask for; undefined: every scope of the API. Users get of it what their roles have. */
  readonly scopes?: readonly string[] | undefined
  readonly replaceKeys: boolean
}

const MACHINE_GRANT = 'client_credentials'

/**
 * An application of the Developer Portal, subscribed, with keys of Identity Server that are authorized for the scopes of
 * this API alone (`authorize_all_scopes` would let every application mint every scope).
 *
 * @throws Error for an application with `client_credentials` whose scopes are not named: such a token has no user, and
 *   no role would narrow it.
 */
export function applicationSteps(
  connections: Connections,
  desired: Desired,
  settings: Settings,
  wanted: WantedApplication,
): Step[] {
  if (wanted.grants.includes(MACHINE_GRANT) && wanted.scopes === undefined) {
    throw new Error('An application that acts for itself needs its scopes named: --scopes a,b.')
  }
  const scopes = wanted.scopes ?? desired.scopes.map(({ name }) => name)
  const unknown = scopes.filter((scope) => !desired.scopes.some(({ name }) => name === scope))
  if (unknown.length > 0) throw new Error(`The API has no scope ${unknown.join(', ')}.`)
  return [
    applicationStep(connections, wanted.name),
    keysStep(connections, settings, wanted),
    subscriptionStep(connections, settings, wanted.name),
    authorizationStep(connections, settings, { name: wanted.name, scopes: [...scopes].sort() }),
  ]
}

const applicationStep = ({ portal }: Connections, name: string): Step => ({
  name: `Application ${name}`,
  look: async () => {
    if ((await portal.findApplication(name)) !== null) return []
    const apply = async () => {
      await portal.createApplication(name)
    }
    return [{ sign: '+', what: name, apply }]
  },
})

const keysStep = (connections: Connections, settings: Settings, wanted: WantedApplication): Step => ({
  name: 'Keys',
  look: async () => {
    const application = await connections.portal.findApplication(wanted.name)
    const key = application === null ? undefined : await keyOf(connections, application.applicationId)
    if (key !== undefined && !wanted.replaceKeys) return []
    return [
      {
        sign: key === undefined ? '+' : '~',
        what: `keys of ${KEY_MANAGER} for ${wanted.grants.join(', ')}, kept in ${settings.credentialsFolder}`,
        apply: () => generate(connections, settings, wanted, key),
      },
    ]
  },
})

async function generate(
  { portal, pace }: Connections,
  settings: Settings,
  { name, grants, callbackUrl }: WantedApplication,
  old: ApplicationKey | undefined,
): Promise<void> {
  const application = await portal.findApplication(name)
  if (application === null) throw new Error(`The application ${name} is gone.`)
  if (old !== undefined) await portal.removeKeys(application.applicationId, old.keyMappingId)
  const wanted = { keyManager: KEY_MANAGER, grants, callbackUrl }
  const { consumerKey, consumerSecret } = await withRetries(
    () => portal.generateKeys(application.applicationId, wanted),
    pace,
  )
  saveCredentials(settings, name, { consumerKey, consumerSecret, callbackUrl })
}

async function keyOf({ portal }: Connections, applicationId: string): Promise<ApplicationKey | undefined> {
  return (await portal.keys(applicationId)).find(
    ({ keyManager, keyType }) => keyManager === KEY_MANAGER && keyType === 'PRODUCTION',
  )
}

const subscriptionStep = ({ portal, publisher }: Connections, { api }: Settings, name: string): Step => ({
  name: 'Subscription',
  look: async () => {
    const [application, published] = await Promise.all([portal.findApplication(name), publisher.findApi(api)])
    const subscriptions = application === null ? [] : await portal.subscriptions(application.applicationId)
    if (subscriptions.some(({ apiId }) => apiId === published?.id)) return []
    const apply = async () => {
      const [subscriber, target] = await Promise.all([portal.findApplication(name), publisher.findApi(api)])
      if (subscriber === null || target === null) throw new Error(`${name} or ${api.name} is gone.`)
      await portal.subscribe(subscriber.applicationId, target.id, SUBSCRIPTION_POLICY)
    }
    return [{ sign: '+', what: `${name} to ${api.name} as ${SUBSCRIPTION_POLICY}`, apply }]
  },
})

/** In Identity Server: which scopes the application may ask for, JWT access tokens, and our audience in them. */
const authorizationStep = (
  connections: Connections,
  settings: Settings,
  wanted: { name: string; scopes: readonly string[] },
): Step => ({
  name: 'Authorized scopes and tokens',
  look: async () => {
    const found = await identityApplicationOf(connections, wanted.name)
    if (found === null) {
      const apply = async () => {
        for (const change of await authorizationChanges(connections, settings, wanted)) await change.apply()
      }
      return [{ sign: '+', what: wanted.scopes.join(', '), apply }]
    }
    return authorizationChanges(connections, settings, wanted)
  },
})

async function authorizationChanges(
  connections: Connections,
  settings: Settings,
  { name, scopes }: { name: string; scopes: readonly string[] },
): Promise<Change[]> {
  const id = await identityApplicationOf(connections, name)
  if (id === null) throw new Error(`Identity Server does not know the keys of ${name}: npm run wso2 -- setup-all.`)
  return authorizationChangesOf(connections, settings, { id, scopes })
}

/** What an application of Identity Server lacks to ask for these scopes of the API, in JWT of our audience. */
export async function authorizationChangesOf(
  { identity, applications }: Connections,
  { audience }: Settings,
  { id, scopes }: { id: string; scopes: readonly string[] },
): Promise<Change[]> {
  const resource = await identity.findApiResource()
  if (resource === null) throw new Error('Identity Server has no scopes yet: npm run wso2 -- setup-all.')
  const changes: Change[] = []
  const has = await applications.authorizedScopes(id, resource.id)
  const addedScopes = scopes.filter((scope) => !has?.includes(scope))
  const removedScopes = (has ?? []).filter((scope) => !scopes.includes(scope))
  if (has === null) {
    changes.push({ sign: '+', what: scopes.join(', '), apply: () => applications.authorize(id, resource.id, scopes) })
  } else if (addedScopes.length + removedScopes.length > 0) {
    const details = [...addedScopes.map((scope) => `+ ${scope}`), ...removedScopes.map((scope) => `- ${scope}`)]
    const apply = () => applications.changeScopes(id, resource.id, { addedScopes, removedScopes })
    changes.push({ sign: '~', what: 'authorized scopes', details, apply })
  }
  const oidc = await applications.oidc(id)
  if (oidc.accessToken?.type !== 'JWT' || !oidc.idToken?.audience?.includes(audience)) {
    const accessToken = { ...oidc.accessToken, type: 'JWT' }
    const idToken = { ...oidc.idToken, audience: [audience] }
    const apply = () => applications.updateOidc(id, { ...oidc, accessToken, idToken })
    changes.push({ sign: '~', what: `JWT access tokens for the audience ${audience}`, apply })
  }
  return changes
}

async function identityApplicationOf(connections: Connections, name: string): Promise<string | null> {
  const application = await connections.portal.findApplication(name)
  const key = application === null ? undefined : await keyOf(connections, application.applicationId)
  return key === undefined ? null : connections.applications.idOf(key.consumerKey)
}
