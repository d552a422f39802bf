import { accept, type Result, refuse } from '@corridor/platform'
import type { TransferRequest } from './payment-request.ts'
import type { BeneficiaryInfo, BeneficiaryPort, WalletInfo, WalletPort } from './ports.ts'

/** Where a payment goes: into a wallet, or out through a provider to a beneficiary. */
export interface Target {
  readonly kind: 'TRANSFER' | 'PAYOUT'
  readonly walletId: string | null
  /** Whose wallet it is. */
  readonly owner: string | null
  readonly currency: string
  readonly beneficiaryId: string | null
  readonly country: string | null
}

export interface Sides {
  readonly from: WalletInfo
  readonly to: Target
}

type Asked = Pick<TransferRequest, 'fromWalletId' | 'toWalletId' | 'beneficiaryId'>

/** What of other domains is known of some requests. */
export interface KnownSides {
  readonly wallets: ReadonlyMap<string, WalletInfo>
  readonly beneficiaries: ReadonlyMap<string, BeneficiaryInfo>
}

/** Reads the wallets and beneficiaries of many requests, in one call to each domain. */
export async function readSides(
  ports: { readonly wallets: WalletPort; readonly beneficiaries: BeneficiaryPort },
  asked: readonly Partial<Asked>[],
): Promise<KnownSides> {
  const beneficiaries = await readById(
    ports.beneficiaries,
    asked.map(({ beneficiaryId }) => beneficiaryId),
  )
  const wallets = await readById(ports.wallets, [
    ...asked.flatMap(({ fromWalletId, toWalletId }) => [fromWalletId, toWalletId]),
    ...[...beneficiaries.values()].map(({ walletId }) => walletId),
  ])
  return { wallets, beneficiaries }
}

async function readById<Info extends { readonly id: string }>(
  port: { read(ids: readonly string[]): Promise<readonly (Info | null)[]> },
  ids: readonly (string | null | undefined)[],
): Promise<ReadonlyMap<string, Info>> {
  const distinct = [...new Set(ids.flatMap((id) => id ?? []))]
  if (distinct.length === 0) return new Map()
  return new Map((await port.read(distinct)).flatMap((info): [string, Info][] => (info ? [[info.id, info]] : [])))
}

/** Both sides; the source is the payer's own, or it does not exist for him. Amounts are in the currency of their side. */
export function sidesOf(known: KnownSides, payer: string, request: TransferRequest, at: string): Result<Sides> {
  const from = known.wallets.get(request.fromWalletId)
  if (from?.owner !== payer) return refuse('NOT_FOUND', undefined, `${at}.fromWalletId`)
  const target =
    request.beneficiaryId === null ? walletTarget(known, request, at) : beneficiaryTarget(known, payer, request, at)
  if (!target.ok) return target
  const to = target.value
  if (to.walletId === from.id) {
    return refuse('ACCOUNTS_NOT_DISTINCT', 'A payment goes from one wallet to another.', `${at}.beneficiaryId`)
  }
  const { debit, credit } = request
  if (debit && debit.currency !== from.currency) {
    return refuse('CURRENCY_MISMATCH', `${at}.debit is in ${from.currency}.`, `${at}.debit.currency`)
  }
  if (credit && credit.currency !== to.currency) {
    return refuse('CURRENCY_MISMATCH', `${at}.credit is in ${to.currency}.`, `${at}.credit.currency`)
  }
  return accept({ from, to })
}

function walletTarget({ wallets }: KnownSides, { toWalletId }: TransferRequest, at: string): Result<Target> {
  const wallet = wallets.get(toWalletId ?? '')
  if (!wallet) return refuse('NOT_FOUND', undefined, `${at}.toWalletId`)
  return accept({ ...intoWallet(wallet), beneficiaryId: null, country: null })
}

function beneficiaryTarget(
  known: KnownSides,
  payer: string,
  { beneficiaryId }: TransferRequest,
  at: string,
): Result<Target> {
  const beneficiary = beneficiaryOf(known, payer, beneficiaryId, at)
  if (!beneficiary.ok) return beneficiary
  const { id, country, currency, delivery, walletId } = beneficiary.value
  if (delivery !== 'WALLET') {
    return accept({ kind: 'PAYOUT', walletId: null, owner: null, currency, beneficiaryId: id, country })
  }
  const wallet = known.wallets.get(walletId ?? '')
  if (!wallet) return refuse('NOT_FOUND', undefined, `${at}.beneficiaryId`)
  return accept({ ...intoWallet(wallet), beneficiaryId: id, country })
}

const intoWallet = ({ id, owner, currency }: WalletInfo) =>
  ({ kind: 'TRANSFER', walletId: id, owner, currency }) as const

/** A beneficiary of the payer's own, who was not removed meanwhile. */
export function beneficiaryOf(
  { beneficiaries }: KnownSides,
  payer: string,
  id: string | null,
  at: string,
): Result<BeneficiaryInfo> {
  const beneficiary = beneficiaries.get(id ?? '')
  if (beneficiary?.owner !== payer) return refuse('NOT_FOUND', undefined, `${at}.beneficiaryId`)
  if (!beneficiary.active) return refuse('BENEFICIARY_REMOVED', undefined, `${at}.beneficiaryId`)
  return accept(beneficiary)
}

/** A locked rate is used whole, and only between the currencies of the two sides. */
export const fits = (
  quote: { readonly fromCurrency: string; readonly toCurrency: string },
  fromCurrency: string,
  toCurrency: string,
): boolean => quote.fromCurrency === fromCurrency && quote.toCurrency === toCurrency
