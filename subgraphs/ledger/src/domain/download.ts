import { hash } from 'node:crypto'
import { accept, type Result, refuse } from '@corridor/platform'

export type DownloadFormat = 'CSV' | 'JSON_LINES' | 'HTML'

/** The entries of one account, or of all (null), from `from` on and before `to`. */
export interface DownloadRange {
  readonly accountId: string | null
  readonly from: Date
  readonly to: Date
}

export interface DownloadRequest extends DownloadRange {
  readonly format: DownloadFormat
}

/** The address works once, and not for long. */
export const DOWNLOAD_LIFE_MS = 5 * 60 * 1_000
/** Addresses that one caller may have open at a time. */
export const MAX_OPEN_DOWNLOADS = 20
export const TOKEN_BYTES = 32
const TOKEN = /^[\w-]{43}$/

/** What is kept of a token: whoever reads that can download nothing with it. Null for what is no token. */
export const tokenHash = (token: string): Buffer | null => (TOKEN.test(token) ? hash('sha256', token, 'buffer') : null)

/** Whether a caller may have this download; `owner` is the account's, null for one of the house or none at all. */
export function decideDownload(
  { accountId, from, to }: DownloadRange,
  { owner, viewer }: { owner: string | null; viewer: { readonly owner: string | null; readonly mayAudit: boolean } },
): Result<null> {
  if (accountId === null && !viewer.mayAudit) return refuse('FORBIDDEN', 'The whole books are for ledger:audit.')
  const isOwn = owner !== null && owner === viewer.owner
  if (accountId !== null && !viewer.mayAudit && !isOwn) return refuse('NOT_FOUND', undefined, 'input.walletId')
  if (from >= to) return refuse('BAD_USER_INPUT', 'input.to must be later than input.from.', 'input.to')
  return accept(null)
}
