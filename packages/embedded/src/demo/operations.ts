/** The operations of the journey, as any client of the public API would write them. */

export interface MoneyData {
  readonly amount: string
  readonly currency: string
}

export interface PaymentData {
  readonly id: string
  readonly status: string
}

export interface PaymentEventData {
  readonly paymentStatusChanged: {
    readonly cursor: string
    readonly status: string
    readonly payment: { readonly id: string }
  }
}

export interface QuoteData {
  readonly id: string
  readonly debit: MoneyData
  readonly credit: MoneyData
  readonly fee: MoneyData
  readonly fxQuote: { readonly appliedRate: string; readonly mid: string; readonly spreadBps: number } | null
  readonly decision: { readonly outcome: string } | null
  readonly postings: readonly {
    readonly debitAccountCode: string
    readonly creditAccountCode: string
    readonly amount: MoneyData
  }[]
  readonly expiresAt: string
}

export interface BalanceData {
  readonly posted: MoneyData
  readonly held: MoneyData
  readonly available: MoneyData
}

/** A payment as its payer sees it, all six subgraphs taking part. */
export interface FullPaymentData {
  readonly id: string
  readonly kind: string
  readonly status: string
  readonly payer: { readonly displayName: string } | null
  readonly payee: { readonly displayName: string } | null
  readonly from: {
    readonly id: string
    readonly name: string
    readonly owner: { readonly id: string; readonly username: string } | null
    readonly balance: BalanceData | null
  } | null
  readonly to: { readonly id: string } | null
  readonly debit: MoneyData | null
  readonly credit: MoneyData | null
  readonly fee: MoneyData | null
  readonly fxQuote: { readonly appliedRate: string; readonly source: string; readonly status: string } | null
  readonly decision: { readonly outcome: string; readonly riskScore: number } | null
  readonly failure: { readonly code: string; readonly message: string } | null
  readonly transfers:
    | readonly {
        readonly id: string
        readonly state: string
        readonly amount: MoneyData
        readonly debitAccountCode: string
        readonly creditAccountCode: string
      }[]
    | null
  readonly timeline: readonly { readonly status: string; readonly at: string }[]
}

export const OPEN_WALLET = `mutation OpenWallet($input: OpenWalletInput!) {
  openWallet(input: $input) { id name currency status }
}`

export const DEPOSIT = `mutation Deposit($input: DepositInput!) {
  deposit(input: $input) { id status }
}`

export const PREPARE_PAYMENT = `mutation Prepare($input: PreparePaymentInput!) {
  preparePayment(input: $input) {
    id
    debit { amount currency }
    credit { amount currency }
    fee { amount currency }
    fxQuote { appliedRate mid spreadBps }
    decision { outcome }
    postings { debitAccountCode creditAccountCode amount { amount currency } }
    expiresAt
  }
}`

export const SEND_PAYMENT = `mutation Send($input: SendPaymentInput!) {
  sendPayment(input: $input) { id status }
}`

export const PAYMENT_STATUS_CHANGED = `subscription Watch($id: ID, $after: String) {
  paymentStatusChanged(id: $id, after: $after) { cursor status payment { id } }
}`

export const RATE_CHANGED = `subscription Rates($pairs: [CurrencyPair!]) {
  rateChanged(pairs: $pairs) { pair mid source version }
}`

export const FULL_PAYMENT = `query Payment($id: ID!) {
  payment(id: $id) {
    id kind status
    payer { displayName }
    payee { displayName }
    from { id name owner { id username } balance { posted { amount currency } held { amount currency } available { amount currency } } }
    to { id }
    debit { amount currency }
    credit { amount currency }
    fee { amount currency }
    fxQuote { appliedRate source status }
    decision { outcome riskScore }
    failure { code message }
    transfers { id state amount { amount currency } debitAccountCode creditAccountCode }
    timeline { status at }
  }
}`

export const WALLET = `query Wallet($id: ID!) {
  wallet(id: $id) {
    id
    balance { posted { amount currency } held { amount currency } available { amount currency } }
  }
}`

export const TRIAL_BALANCE = `query { trialBalance { currency debits credits balanced } }`
