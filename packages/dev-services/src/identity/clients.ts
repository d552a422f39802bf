/** An application that may ask for tokens. Without a secret it is public, and must use PKCE. */
export interface IdentityClient {
  readonly clientId: string
  readonly name: string
  readonly secret?: string
  readonly grants: readonly IdentityGrant[]
  /** Where an authorization code may be sent; for `authorization_code` alone. */
  readonly redirectUris?: readonly string[]
  /** Where a browser may be sent after logging out. */
  readonly logoutUris?: readonly string[]
  /** What the application may ask for itself, by `client_credentials`. */
  readonly scopes?: readonly string[]
}

export type IdentityGrant = 'authorization_code' | 'refresh_token' | 'password' | 'client_credentials'

/** Identity Server's own scopes for its SCIM2 endpoint, one per kind of access. */
export const USER_MANAGEMENT_SCOPES = {
  create: 'internal_user_mgt_create',
  list: 'internal_user_mgt_list',
  view: 'internal_user_mgt_view',
  update: 'internal_user_mgt_update',
  delete: 'internal_user_mgt_delete',
} as const

/** The applications of a development platform. The secret is as public as this file: loaded in development alone. */
export const SEED_CLIENTS: readonly IdentityClient[] = [
  {
    clientId: 'corridor-cli',
    name: 'Corridor command line',
    grants: ['password', 'refresh_token'],
  },
  {
    clientId: 'corridor-web',
    name: 'Corridor',
    grants: ['authorization_code', 'refresh_token'],
    redirectUris: [
      'http://localhost:4000/callback',
      'http://localhost:5173/callback',
      'http://localhost:5173/',
      'http://localhost:8080/callback',
    ],
    logoutUris: ['http://localhost:4000/', 'http://localhost:5173/', 'http://localhost:8080/'],
  },
  {
    clientId: 'corridor-services',
    name: 'Corridor services',
    secret: 'corridor-services-development-secret',
    grants: ['client_credentials', 'password'],
    scopes: Object.values(USER_MANAGEMENT_SCOPES),
  },
]
