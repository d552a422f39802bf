import { randomBytes } from 'node:crypto'
import {
  accept,
  type Caller,
  type Clock,
  idempotencyScope,
  isUuid,
  type Pool,
  type Result,
  refuse,
} from '@corridor/platform'
import {
  DOWNLOAD_LIFE_MS,
  type DownloadRequest,
  decideDownload,
  MAX_OPEN_DOWNLOADS,
  TOKEN_BYTES,
  tokenHash,
} from '../domain/download.ts'
import { readAccounts } from '../queries/accounts.ts'
import { viewerOf } from '../queries/viewer.ts'

export interface OpenedDownload {
  readonly token: string
  readonly expiresAt: Date
}

/** Records of used and expired addresses are kept this long: they say who took what out of the books. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1_000

/**
 * Makes an address that works once within five minutes. Refuses NOT_FOUND (no account of the caller's), FORBIDDEN (the
 * whole books), BAD_USER_INPUT (a period that ends before it begins), TOO_MANY_REQUESTS (20 open addresses).
 */
export async function openDownload(
  { pool, clock }: { pool: Pool; clock: Clock },
  { caller, request }: { caller: Caller; request: DownloadRequest },
): Promise<Result<OpenedDownload>> {
  const { accountId, from, to, format } = request
  const account =
    accountId !== null && isUuid(accountId) ? (await readAccounts(pool, [accountId])).get(accountId) : null
  if (accountId !== null && !account) return refuse('NOT_FOUND', undefined, 'input.walletId')
  const allowed = decideDownload(request, { owner: account?.owner ?? null, viewer: viewerOf(caller) })
  if (!allowed.ok) return allowed

  const requestedBy = idempotencyScope(caller)
  const now = clock.now()
  const expiresAt = new Date(now.getTime() + DOWNLOAD_LIFE_MS)
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  await pool.query('delete from downloads where expires_at < $1', [new Date(now.getTime() - KEPT_MS)])
  const { rowCount } = await pool.query(
    `insert into downloads (token_hash, requested_by, account_id, from_at, to_at, format, requested_at, expires_at)
     select $1, $2, $3, $4, $5, $6, $7::timestamptz, $8
     where (select count(*) from downloads where requested_by = $2 and used_at is null and expires_at > $7) < $9`,
    [tokenHash(token), requestedBy, accountId, from, to, format, now, expiresAt, MAX_OPEN_DOWNLOADS],
  )
  return rowCount === 1 ? accept({ token, expiresAt }) : refuse('TOO_MANY_REQUESTS')
}

/** What an address stands for, which it does once; null when it never did, was used, or has expired. */
export async function useDownload(
  { pool, clock }: { pool: Pool; clock: Clock },
  token: string,
): Promise<DownloadRequest | null> {
  const hash = tokenHash(token)
  if (!hash) return null
  const { rows } = await pool.query<DownloadRequest>(
    `update downloads set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2
     returning account_id as "accountId", from_at as "from", to_at as "to", format`,
    [hash, clock.now()],
  )
  return rows[0] ?? null
}
