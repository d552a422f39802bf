import { randomUUID } from 'node:crypto'
import type { ApiClient } from '@corridor/embedded'

export interface Wallets {
  readonly from: string
  readonly to: string
}

const FUNDS = '20000.00'
const AMOUNT = '5.00'

/** Two wallets, of which the first can pay for all journeys. The page shows them under the names `From` and `To`. */
export async function fundedWallets(api: ApiClient): Promise<Wallets> {
  const from = await openWallet(api, 'USD', 'From')
  const to = await openWallet(api, 'EUR', 'To')
  const { deposit } = await api.request<{ deposit: { id: string } }>(
    'mutation ($input: DepositInput!) { deposit(input: $input) { id } }',
    { input: { idempotencyKey: randomUUID(), walletId: from, amount: { amount: FUNDS, currency: 'USD' } } },
  )
  await completed(api, deposit.id)
  return { from, to }
}

async function openWallet(api: ApiClient, currency: string, name: string): Promise<string> {
  const opened = await api.request<{ openWallet: { id: string } }>(
    'mutation ($input: OpenWalletInput!) { openWallet(input: $input) { id } }',
    { input: { idempotencyKey: randomUUID(), currency, name } },
  )
  return opened.openWallet.id
}

/** What the page does after the click, without a page: milliseconds from sending to the event that says COMPLETED. */
export async function apiJourney(api: ApiClient, { from, to }: Wallets): Promise<number> {
  const { preparePayment: quote } = await api.request<{ preparePayment: { id: string } }>(
    'mutation ($input: PreparePaymentInput!) { preparePayment(input: $input) { id } }',
    { input: { fromWalletId: from, toWalletId: to, debit: { amount: AMOUNT, currency: 'USD' } } },
  )
  const began = performance.now()
  const { sendPayment: payment } = await api.request<{ sendPayment: { id: string } }>(
    'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id status } }',
    { input: { idempotencyKey: randomUUID(), quoteId: quote.id } },
  )
  await completed(api, payment.id)
  return performance.now() - began
}

async function completed(api: ApiClient, id: string): Promise<void> {
  const events = api.subscribe<{ paymentStatusChanged: { status: string } }>(
    'subscription ($id: ID) { paymentStatusChanged(id: $id) { cursor status } }',
    { id },
  )
  for await (const { paymentStatusChanged: event } of events) if (event.status === 'COMPLETED') return
  throw new Error('The payment did not complete.')
}
