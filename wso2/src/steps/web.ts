import { differences, type Step } from '../change.ts'
import type { Connections } from '../connections.ts'
import type { Desired } from '../desired.ts'
import type { Oidc } from '../is/applications.ts'
import type { Settings } from '../settings.ts'
import { authorizationChangesOf } from './application.ts'

const DESCRIPTION = 'The web app of Corridor.'

/**
 * The web app's application, made in Identity Server alone: its pages call the router, and no gateway counts them. It is
 * public, so that whoever signs in proves by PKCE (RFC 7636) that he began it.
 */
export const webSteps = (connections: Connections, desired: Desired, settings: Settings): Step[] => [
  applicationStep(connections, settings),
  authorizationStep(connections, desired, settings),
]

const applicationStep = ({ applications }: Connections, { web }: Settings): Step => ({
  name: 'Application of the web app',
  look: async () => {
    const wanted = oidcOf(web.origin)
    const id = await applications.find(web.clientId)
    if (id === null) {
      const apply = () => applications.create(web.clientId, DESCRIPTION, { clientId: web.clientId, ...wanted })
      return [{ sign: '+', what: `${web.clientId} at ${web.origin}`, apply }]
    }
    const oidc = await applications.oidc(id)
    const details = differences({ ...oidc, grantTypes: [...oidc.grantTypes].sort() }, wanted)
    if (details.length === 0) return []
    return [
      { sign: '~', what: web.clientId, details, apply: () => applications.updateOidc(id, { ...oidc, ...wanted }) },
    ]
  },
})

const authorizationStep = (connections: Connections, { scopes }: Desired, settings: Settings): Step => ({
  name: 'Its scopes and tokens',
  look: async () => {
    const { clientId } = settings.web
    const names = scopes.map(({ name }) => name)
    const look = async () => {
      const id = await connections.applications.find(clientId)
      return id === null ? null : authorizationChangesOf(connections, settings, { id, scopes: names })
    }
    const changes = await look()
    if (changes !== null) return changes
    const apply = async (): Promise<void> => {
      for (const change of (await look()) ?? []) await change.apply()
    }
    return [{ sign: '+', what: names.join(', '), apply }]
  },
})

/** Identity Server keeps one address to come back to: an expression, where there are two. */
const oidcOf = (origin: string): Oidc => ({
  grantTypes: ['authorization_code', 'refresh_token'],
  publicClient: true,
  callbackURLs: [`regexp=${origin.replaceAll('.', '\\.')}/(callback)?`],
  allowedOrigins: [origin],
  pkce: { mandatory: true, supportPlainTransformAlgorithm: false },
})
