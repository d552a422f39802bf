import { fileURLToPath } from 'node:url'
import { IdempotencyKeys, type Result } from '@corridor/platform'
import {
  buildFederatedSchema,
  type ServeOptions,
  type ServiceClient,
  type Subgraph,
  type SubgraphContext,
} from '@corridor/subgraph'
import { createCallbackRoutes } from './callbacks.ts'
import type { Profile } from './domain/profile.ts'
import type { KycProvider } from './kyc/kyc-provider.ts'
import { type CoreDeps, createProfileCore } from './profile-core.ts'
import { BeneficiaryResolver } from './resolvers/beneficiary-resolver.ts'
import { EmailResolver } from './resolvers/email-resolver.ts'
import { KycResolver } from './resolvers/kyc-resolver.ts'
import { OversightResolver } from './resolvers/oversight-resolver.ts'
import { ProfileResolver } from './resolvers/profile-resolver.ts'
import { PartyType } from './resolvers/profile-types.ts'
import { createBeneficiaryReader, createPartyReader, createProfileReader, type Reader } from './resolvers/readers.ts'
import { BeneficiaryUseCases } from './use-cases/beneficiary-use-cases.ts'
import { EmailVerification } from './use-cases/email-verification.ts'
import { EraseProfile } from './use-cases/erase-profile.ts'
import { type KycDecision, KycUseCases } from './use-cases/kyc-use-cases.ts'
import { obligationsOf } from './use-cases/obligations.ts'
import { ProfileUseCases } from './use-cases/profile-use-cases.ts'

export { coreSettings, IDENTITY_SETTINGS, KEY_SETTINGS } from './config.ts'
export type { IdentityDirectory } from './identity/identity-directory.ts'
export { scimDirectory } from './identity/scim-directory.ts'
export { complyCubeProvider } from './kyc/complycube-provider.ts'
export type { KycProvider } from './kyc/kyc-provider.ts'
export { SANDBOX_KYC, sandboxKycProvider } from './kyc/sandbox-provider.ts'
export { createProfileSync, type ProfileSync, type ProfileSyncDeps } from './profile-sync.ts'
export type { KycDecision } from './use-cases/kyc-use-cases.ts'
export type { IdentifiedUser } from './use-cases/new-profile.ts'
export {
  type DueMail,
  listMailsGivenUp,
  type MailGivenUp,
  type PostponedMail,
  PostponedMails,
  type PostponedMailsOptions,
  resendMails,
} from './use-cases/postponed-mails.ts'
export { importNameList } from './use-cases/screening.ts'

/** Numbered SQL; read where it lies, so that it need not be copied by the build. */
export const profileMigrations = fileURLToPath(new URL('../src/migrations', import.meta.url))
export const profileKeyMigrations = fileURLToPath(new URL('../src/key-migrations', import.meta.url))

export interface ProfileSubgraphDeps extends CoreDeps {
  /** At least 16 bytes; hides the inputs that idempotency keys stand for. */
  readonly idempotencySecret: string
  /** Who looks at papers, the first by default. */
  readonly kycProviders: readonly KycProvider[]
  /** Of Identity Server's webhooks; null where changes are only asked for. */
  readonly identityWebhookSecret: string | null
  readonly ledger: ServiceClient
  readonly payment: ServiceClient
  /** In production an erasure takes two people. */
  readonly production: boolean
}

export interface ProfileSubgraph extends Subgraph {
  readonly useCases: Pick<ProfileUseCases, 'ensure'> & { decideKyc(decision: KycDecision): Promise<Result<Profile>> }
  /** Callbacks of providers and of the identity server, to be served beside GraphQL. */
  readonly routes: NonNullable<ServeOptions['routes']>
}

/** Customers' records and how well we know them, over `profile_db` and `profile_keys_db`. */
export async function createProfileSubgraph(deps: ProfileSubgraphDeps): Promise<ProfileSubgraph> {
  const core = await createProfileCore(deps)
  const { store, screening, directory, sync } = core
  const { logger, kycProviders, identityWebhookSecret } = deps
  const idempotency = new IdempotencyKeys(deps.idempotencySecret)
  const profiles = new ProfileUseCases({ store, screening, directory, sync })
  const beneficiaries = new BeneficiaryUseCases({ store, screening, idempotency })
  const kyc = new KycUseCases({ store, providers: kycProviders })
  const obligations = obligationsOf(deps)
  const erasure = new EraseProfile({ store, sync, obligations, twoPeople: deps.production })
  const reader = createProfileReader(store)
  const schema = await buildFederatedSchema({
    resolvers: [
      new ProfileResolver({ store, profiles, beneficiaries, reader }),
      new BeneficiaryResolver(beneficiaries, profiles, store),
      new EmailResolver(store, new EmailVerification(store), profiles),
      new KycResolver(kyc, profiles, store),
      new OversightResolver(store, erasure),
    ],
    orphanedTypes: [PartyType],
    references: {
      Profile: { load: each(reader) },
      Beneficiary: { load: each(createBeneficiaryReader(store, beneficiaries)) },
      Party: { load: each(createPartyReader(store)) },
    },
  })
  return {
    name: 'profile',
    schema,
    useCases: { ensure: (user) => profiles.ensure(user), decideKyc: (decision) => kyc.decide(decision) },
    routes: createCallbackRoutes({ kyc, follow: core.follow, kycProviders, identityWebhookSecret, logger }),
    close: () => core.close(),
  }
}

const each =
  <Value>(reader: Reader<Value>): ((ids: readonly string[], context: SubgraphContext) => Promise<Value[]>) =>
  (ids, context) =>
    Promise.all(ids.map((id) => reader(id, context)))
