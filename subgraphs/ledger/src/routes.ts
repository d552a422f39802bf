import type { Clock, Pool } from '@corridor/platform'
import { type HttpReply, jsonReply, type ServeOptions } from '@corridor/subgraph'
import type { DownloadRequest } from './domain/download.ts'
import { STATEMENT_WRITERS } from './domain/statement.ts'
import type { StatementWriter } from './domain/statement-row.ts'
import { listSealingKeys } from './queries/blocks.ts'
import { useDownload } from './use-cases/downloads.ts'
import { streamStatement } from './use-cases/stream-statement.ts'

/** What the ledger serves beside GraphQL, to whoever the router lets through: a download's token is its permission. */
export function ledgerRoutes(deps: { pool: Pool; clock: Clock }): NonNullable<ServeOptions['routes']> {
  return {
    'GET /downloads/*': ({ path }) => download(deps, path.slice(path.lastIndexOf('/') + 1)),
    'GET /.well-known/jwks.json': async () => sealingKeys(deps.pool),
  }
}

async function download(deps: { pool: Pool; clock: Clock }, token: string): Promise<HttpReply> {
  const request = await useDownload(deps, token)
  if (!request) {
    const message = 'There is no such download: an address works once, and for five minutes.'
    return jsonReply(404, { errors: [{ message, extensions: { code: 'NOT_FOUND' } }] })
  }
  const writer = STATEMENT_WRITERS[request.format]
  return { status: 200, headers: headersOf(request, writer), body: streamStatement(deps.pool, request, writer) }
}

function headersOf({ accountId, from, to }: DownloadRequest, writer: StatementWriter): Record<string, string> {
  const { contentType, extension, inline, contentSecurityPolicy } = writer
  const days = [from, to].map((at) => at.toISOString().slice(0, 10))
  const name = [accountId === null ? 'books' : 'statement', ...days].join('-')
  return {
    'content-type': contentType,
    'content-disposition': `${inline ? 'inline' : 'attachment'}; filename="${name}.${extension}"`,
    'cache-control': 'no-store',
    ...(contentSecurityPolicy === null ? {} : { 'content-security-policy': contentSecurityPolicy }),
  }
}

const KEYS_MAX_AGE_SECONDS = 300

/** The public keys of the sealer as a JWK set (RFC 7517). */
async function sealingKeys(pool: Pool): Promise<HttpReply> {
  const reply = jsonReply(200, { keys: await listSealingKeys(pool) })
  return { ...reply, headers: { ...reply.headers, 'cache-control': `public, max-age=${KEYS_MAX_AGE_SECONDS}` } }
}
