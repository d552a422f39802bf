import { Admin } from './am/admin.ts'
import { DeveloperPortal } from './am/developer-portal.ts'
import { Publisher } from './am/publisher.ts'
import { gatewayClient, signInToApiManager } from './am/sign-in.ts'
import type { RestClient } from './http/rest-client.ts'
import type { Pace } from './http/wait.ts'
import { IdentityApplications } from './is/applications.ts'
import { IdentityServer } from './is/identity-server.ts'
import type { Settings } from './settings.ts'

/** The products as their administrator sees them. Nothing is sent before it is used. */
export interface Connections {
  readonly admin: Admin
  readonly publisher: Publisher
  readonly portal: DeveloperPortal
  readonly gateway: RestClient
  readonly identity: IdentityServer
  readonly applications: IdentityApplications
  /** How long, and how often, what needs time is waited for. */
  readonly pace: Pace
  close(): Promise<void>
}

/** API Manager needs minutes to start, and seconds to know a new key manager or to deploy. */
const PATIENT: Pace = { everyMs: 1_000, timeoutMs: 300_000 }

export function connect(settings: Settings, pace: Pace = PATIENT): Connections {
  const manager = signInToApiManager(settings)
  const gateway = gatewayClient(settings)
  const identity = new IdentityServer(settings)
  return {
    admin: new Admin(manager),
    publisher: new Publisher(manager),
    portal: new DeveloperPortal(manager),
    gateway,
    identity,
    applications: new IdentityApplications(identity.rest),
    pace,
    close: async () => {
      await Promise.all([manager.close(), gateway.close(), identity.rest.close()])
    },
  }
}
