/** What the owner, customer1, has: the ids that others try. */
export interface Owned {
  readonly profile: string
  readonly otherProfile: string
  readonly wallet: string
  readonly otherWallet: string
  readonly account: string
  readonly transfer: string
  readonly payment: string
  readonly paymentQuote: string
  readonly fxQuote: string
  readonly beneficiary: string
  readonly webhook: string
  readonly delivery: string
}

export type Role = 'user' | 'ops_users' | 'finance' | 'auditor' | 'app_admin'

export interface Entry {
  /** Arguments and selection, as the owner would write them. */
  readonly call: (owned: Owned) => string
  /**
   * `shared`: the same for all who hold the scope. `self`: of the caller alone, whoever he is. `owned`: of the owner; who
   * is neither he nor of one of `staff` meets nothing. `nobody`: needs no token.
   */
  readonly of: 'shared' | 'self' | 'owned' | 'nobody'
  /** Roles that may see it besides its owner. */
  readonly staff?: readonly Role[]
}

const NOW = '2026-01-01T00:00:00.000Z'
const LATER = '2026-01-02T00:00:00.000Z'
const key = (): string => `"${crypto.randomUUID()}"`
const usd = (amount: string): string => `{ amount: "${amount}", currency: "USD" }`
const shared = (call: string): Entry => ({ of: 'shared', call: () => call })
const self = (call: (owned: Owned) => string): Entry => ({ of: 'self', call })
const owned = (call: (owned: Owned) => string, ...staff: Role[]): Entry => ({ of: 'owned', call, staff })

const STAFF: readonly Role[] = ['ops_users', 'finance', 'auditor', 'app_admin']

/** Every root field of the public schema. One without an entry fails the test that reads the schema. */
export const ENTRIES: Readonly<Record<string, Entry>> = {
  // forex
  convert: shared(`convert(from: ${usd('1.00')}, to: "INR") { to { amount } }`),
  currencies: shared('currencies { code }'),
  exposure: shared('exposure { currency }'),
  fxQuote: owned(({ fxQuote }) => `fxQuote(id: "${fxQuote}") { id }`, ...STAFF),
  pairPolicies: shared('pairPolicies { pair }'),
  rate: shared('rate(pair: "USDINR") { mid }'),
  rateAt: shared(`rateAt(pair: "USDINR", at: "${NOW}") { mid }`),
  rateHistory: shared(`rateHistory(pair: "USDINR", interval: HOUR, from: "${NOW}", to: "${LATER}") { open }`),
  rates: shared('rates { pair }'),
  clearRateOverride: shared('clearRateOverride(pair: "USDINR") { pair }'),
  createFxQuote: self(
    () => `createFxQuote(input: { idempotencyKey: ${key()}, from: ${usd('1.00')}, toCurrency: "INR" }) { id }`,
  ),
  overrideRate: shared('overrideRate(input: { pair: "USDINR", mid: "80", note: "n" }) { pair }'),
  rateChanged: shared('rateChanged(pairs: ["USDINR"]) { pair }'),
  // ledger
  account: owned(({ account }) => `account(id: "${account}") { id }`, ...STAFF),
  accounts: self(() => 'accounts(first: 1) { pageInfo { hasNextPage } }'),
  latestBlock: shared('latestBlock { number }'),
  ledgerInvariants: shared('ledgerInvariants { name }'),
  transfer: owned(({ transfer }) => `transfer(id: "${transfer}") { id }`, 'finance', 'auditor', 'app_admin'),
  trialBalance: shared('trialBalance { currency }'),
  requestDownload: owned(
    ({ wallet }) =>
      `requestDownload(input: { format: CSV, from: "${NOW}", to: "${LATER}", walletId: "${wallet}" }) { url }`,
    'finance',
    'auditor',
    'app_admin',
  ),
  balanceChanged: owned(({ wallet }) => `balanceChanged(walletId: "${wallet}") { id }`, ...STAFF),
  // payment
  payment: owned(({ payment }) => `payment(id: "${payment}") { id }`, ...STAFF),
  paymentQuote: owned(({ paymentQuote }) => `paymentQuote(id: "${paymentQuote}") { id }`),
  payments: self(() => 'payments(first: 1) { edges { node { id } } }'),
  webhookDeliveries: owned(({ webhook }) => `webhookDeliveries(webhookId: "${webhook}") { edges { node { id } } }`),
  webhooks: self(() => 'webhooks { id url }'),
  cancelPayment: owned(({ payment }) => `cancelPayment(id: "${payment}") { id }`),
  deleteWebhook: owned(({ webhook }) => `deleteWebhook(id: "${webhook}")`),
  deposit: owned(
    ({ wallet }) =>
      `deposit(input: { idempotencyKey: ${key()}, walletId: "${wallet}", amount: ${usd('1.00')} }) { id }`,
  ),
  preparePayment: owned(
    ({ wallet, otherWallet }) =>
      `preparePayment(input: { fromWalletId: "${wallet}", toWalletId: "${otherWallet}", debit: ${usd('1.00')} }) { id }`,
  ),
  refundPayment: self(
    ({ payment }) => `refundPayment(input: { idempotencyKey: ${key()}, paymentId: "${payment}", reason: "r" }) { id }`,
  ),
  registerWebhook: self(
    () => `registerWebhook(input: { idempotencyKey: ${key()}, url: "https://example.com/", events: [] }) { id }`,
  ),
  replayWebhookDelivery: owned(({ delivery }) => `replayWebhookDelivery(id: "${delivery}") { id }`),
  reviewPayment: shared(`reviewPayment(id: "${crypto.randomUUID()}", approve: true, note: "n") { id }`),
  sendPayment: owned(
    ({ wallet, otherWallet }) =>
      `sendPayment(input: { idempotencyKey: ${key()}, fromWalletId: "${wallet}", toWalletId: "${otherWallet}", debit: ${usd('1.00')} }) { id }`,
  ),
  sendPayments: self(() => 'sendPayments(input: []) { payment { id } }'),
  withdraw: owned(
    ({ wallet }) =>
      `withdraw(input: { idempotencyKey: ${key()}, walletId: "${wallet}", amount: ${usd('1.00')} }) { id }`,
  ),
  paymentStatusChanged: owned(({ payment }) => `paymentStatusChanged(id: "${payment}") { status }`, ...STAFF),
  // profile
  auditLog: shared('auditLog(first: 1) { pageInfo { hasNextPage } }'),
  me: self(() => 'me { username }'),
  profile: owned(({ profile }) => `profile(id: "${profile}") { id }`, 'ops_users', 'app_admin'),
  profiles: shared('profiles(first: 1) { pageInfo { hasNextPage } }'),
  addBeneficiary: self(
    ({ wallet }) =>
      `addBeneficiary(input: { idempotencyKey: ${key()}, name: "N", country: "US", currency: "USD", delivery: WALLET, walletId: "${wallet}" }) { id }`,
  ),
  changePassword: self(() => 'changePassword(current: "wrong-Passw0rd", new: "another-Passw0rd")'),
  decideKyc: shared(`decideKyc(profileId: "${crypto.randomUUID()}", status: VERIFIED, note: "n") { id }`),
  eraseProfile: shared(`eraseProfile(id: "${crypto.randomUUID()}")`),
  registerProfile: {
    of: 'nobody',
    call: () =>
      'registerProfile(input: { email: "no", familyName: "F", givenName: "G", password: "p", username: "u" }) { id }',
  },
  removeBeneficiary: owned(({ beneficiary }) => `removeBeneficiary(id: "${beneficiary}")`),
  resendEmailVerification: self(() => 'resendEmailVerification'),
  startKyc: self(() => 'startKyc(level: BASIC) { id }'),
  updateProfile: self(() => 'updateProfile(input: {}) { id }'),
  verifyEmail: self(() => 'verifyEmail(code: "000000") { id }'),
  // rules
  evaluateRules: shared(
    'evaluateRules(input: { kind: TRANSFER, amount: { amount: "1.00", currency: "USD" } }) { outcome }',
  ),
  myLimits: self(() => 'myLimits { code }'),
  riskLists: shared('riskLists { name }'),
  ruleDecision: shared(`ruleDecision(id: "${crypto.randomUUID()}") { id }`),
  ruleSet: shared('ruleSet(name: "limits") { name }'),
  ruleSets: shared('ruleSets { name }'),
  activateRuleSet: shared('activateRuleSet(name: "limits", version: 99) { name }'),
  backtestRuleSet: shared(`backtestRuleSet(name: "limits", version: 99, from: "${NOW}", to: "${LATER}") { evaluated }`),
  importRiskList: shared('importRiskList(name: "none", csv: "") { name }'),
  saveRuleSet: shared('saveRuleSet(input: { name: "none", model: {}, examples: [] }) { name }'),
  shadowRuleSet: shared('shadowRuleSet(name: "limits", version: 99) { name }'),
  // wallet
  myWallets: self(() => 'myWallets { id }'),
  wallet: owned(({ wallet }) => `wallet(id: "${wallet}") { id }`, ...STAFF),
  closeWallet: owned(({ wallet }) => `closeWallet(id: "${wallet}") { id }`),
  freezeWallet: shared(`freezeWallet(id: "${crypto.randomUUID()}", reason: "r") { id }`),
  openWallet: self(() => `openWallet(input: { idempotencyKey: ${key()}, currency: "EUR" }) { id }`),
  unfreezeWallet: shared(`unfreezeWallet(id: "${crypto.randomUUID()}") { id }`),
}
