import { readFileSync } from 'node:fs'
import { readConfig, setting } from '@corridor/platform'

/** Where the products are, who administers them, and what is published. Defaults are those of docker-compose.yml. */
export interface Settings {
  readonly am: ProductSettings & { readonly gatewayHost: string; readonly environment: string }
  readonly is: ProductSettings & {
    /** As API Manager reaches it; it is part of the issuer and must be in Identity Server's certificate. */
    readonly internalUrl: string
  }
  /** PEM of the authority whose certificates the products carry; undefined: those of the system. */
  readonly ca: string | undefined
  readonly api: ApiSettings
  /** The router as API Manager's gateway reaches it: POST and WebSocket on this one URL. */
  readonly backendUrl: string
  /** What `aud` of access tokens must contain. */
  readonly audience: string
  readonly allowedOrigins: readonly string[]
  /** Where people open the web app, and its public application in Identity Server. */
  readonly web: { readonly origin: string; readonly clientId: string }
  /** Where consumer keys are kept, readable by the owner alone. */
  readonly credentialsFolder: string
}

export interface ProductSettings {
  readonly url: string
  readonly username: string
  readonly password: string
}

export interface ApiSettings {
  readonly name: string
  readonly context: string
  readonly version: string
}

/** @throws {ConfigError} that lists every setting that is missing or wrong. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const { text, url, list, optional } = setting
  const values = readConfig(env, {
    WSO2_AM_URL: url('https://localhost:9443'),
    WSO2_IS_URL: url('https://localhost:9444'),
    WSO2_IS_INTERNAL_URL: optional(url()),
    WSO2_ADMIN_USERNAME: text('admin'),
    WSO2_ADMIN_PASSWORD: text(),
    WSO2_IS_ADMIN_USERNAME: optional(text()),
    WSO2_IS_ADMIN_PASSWORD: optional(text()),
    WSO2_CA_FILE: optional(text()),
    WSO2_GATEWAY_HOST: text('localhost'),
    WSO2_GATEWAY_ENVIRONMENT: text('Default'),
    WSO2_API_NAME: text('Corridor'),
    WSO2_API_CONTEXT: text('/corridor'),
    WSO2_API_VERSION: text('v1'),
    WSO2_BACKEND_URL: url('https://router:4000/graphql'),
    WSO2_CREDENTIALS_FOLDER: text('wso2/.credentials'),
    OIDC_AUDIENCE: text('corridor'),
    CORRIDOR_WEB_ORIGIN: url('https://localhost:8080'),
    WEB_CLIENT_ID: text('corridor-web'),
    CORS_ORIGINS: list(['https://localhost:9443']),
  })
  const administrator = { username: values.WSO2_ADMIN_USERNAME, password: values.WSO2_ADMIN_PASSWORD }
  return {
    am: {
      url: values.WSO2_AM_URL,
      ...administrator,
      gatewayHost: values.WSO2_GATEWAY_HOST,
      environment: values.WSO2_GATEWAY_ENVIRONMENT,
    },
    is: {
      url: values.WSO2_IS_URL,
      internalUrl: values.WSO2_IS_INTERNAL_URL ?? values.WSO2_IS_URL,
      username: values.WSO2_IS_ADMIN_USERNAME ?? administrator.username,
      password: values.WSO2_IS_ADMIN_PASSWORD ?? administrator.password,
    },
    ca: values.WSO2_CA_FILE === undefined ? undefined : readFileSync(values.WSO2_CA_FILE, 'utf8'),
    api: { name: values.WSO2_API_NAME, context: values.WSO2_API_CONTEXT, version: values.WSO2_API_VERSION },
    backendUrl: values.WSO2_BACKEND_URL,
    audience: values.OIDC_AUDIENCE,
    allowedOrigins: values.CORS_ORIGINS,
    web: { origin: new URL(values.CORRIDOR_WEB_ORIGIN).origin, clientId: values.WEB_CLIENT_ID },
    credentialsFolder: values.WSO2_CREDENTIALS_FOLDER,
  }
}
