import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type IdentityClient, SEED_CLIENTS } from '@corridor/dev-services'
import type { SiteOptions } from '@corridor/router'
import { type PlatformPorts, routerUrl } from './ports.ts'
import { type External, PROJECT_ROOT } from './settings.ts'

const DIRECTORY = join(PROJECT_ROOT, 'web', 'dist')
const WEB_CLIENT = 'corridor-web'

/** The web app, as `npm run build` made it; undefined where nobody has. */
export function webSite(issuer: string, { webClientId = WEB_CLIENT, traceUrl }: External): SiteOptions | undefined {
  if (!existsSync(join(DIRECTORY, 'index.html'))) return undefined
  return { directory: DIRECTORY, config: { issuer, clientId: webClientId, traceUrl: traceUrl ?? null } }
}

/** The seeded applications, the web app being let back to wherever the router listens. */
export function clientsFor(ports: PlatformPorts): IdentityClient[] {
  const origin = routerUrl(ports)
  return SEED_CLIENTS.map((client) =>
    client.clientId === WEB_CLIENT
      ? {
          ...client,
          redirectUris: [...new Set([...(client.redirectUris ?? []), `${origin}/callback`])],
          logoutUris: [...new Set([...(client.logoutUris ?? []), `${origin}/`])],
        }
      : client,
  )
}
