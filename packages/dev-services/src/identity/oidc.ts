/// <reference path="./oidc-provider.d.ts" />
// The reference travels with this file, so that the declarations are found by whoever compiles it from source.
export type {
  AccessToken,
  Client,
  Context,
  Grant,
  Interaction,
  ProviderConfiguration,
  ResourceServerSettings,
} from 'oidc-provider'
export { errors, interactionPolicy, Provider } from 'oidc-provider'
