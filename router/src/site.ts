import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { extname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { jsonReply, type Reply } from './http.ts'

/** The web app: its built files, and what its pages are told at run time. Nothing of it is secret. */
export interface SiteOptions {
  /** Where the build wrote them: `index.html` and `assets/`. */
  readonly directory: string
  /** Served as `/config.json`. */
  readonly config: {
    readonly issuer: string
    readonly clientId: string
    /** Where a trace can be looked at, with `{traceId}` in it; null where there is no such place. */
    readonly traceUrl: string | null
  }
}

interface SiteFile {
  readonly type: string
  readonly bytes: Buffer
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.json': 'application/json; charset=utf-8',
  '.wasm': 'application/wasm',
}
/** Their names hold a hash of their contents. */
const HASHED = '/assets/'
const FOR_EVER = 'public, max-age=31536000, immutable'
const ASK_EACH_TIME = 'no-cache'
const COMPRESSIBLE = /^(text\/|image\/svg|application\/(json|wasm))/

/**
 * Answers requests for the web app's files, from memory; null for what is none of its business. A page's own address gives
 * `index.html`, which shows that page.
 */
export function createSite({ directory, config }: SiteOptions): (request: IncomingMessage) => Promise<Reply | null> {
  const files = readFiles(directory)
  const compress = compressor()
  const policy = contentSecurityPolicy(config.issuer)
  return async (request) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    if (path === '/config.json') return jsonReply(200, config, { 'cache-control': ASK_EACH_TIME })
    const name = files.has(path) ? path : isPage(request, path) ? '/index.html' : null
    const file = name === null ? undefined : files.get(name)
    if (name === null || file === undefined) return null
    const headers = {
      'content-type': file.type,
      'cache-control': name.startsWith(HASHED) ? FOR_EVER : ASK_EACH_TIME,
      'content-security-policy': policy,
      vary: 'accept-encoding',
    }
    if (!COMPRESSIBLE.test(file.type) || !/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
      return { status: 200, headers, body: file.bytes }
    }
    return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: await compress(name, file.bytes) }
  }
}

/** A browser that opens an address: a page of the app, not a file that is missing. */
const isPage = ({ headers }: IncomingMessage, path: string): boolean =>
  extname(path) === '' && /\btext\/html\b/.test(headers.accept ?? '')

function readFiles(directory: string): ReadonlyMap<string, SiteFile> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    names.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      const type = TYPES[extname(name)] ?? 'application/octet-stream'
      return [`/${relative(directory, path).replaceAll('\\', '/')}`, { type, bytes: readFileSync(path) }]
    }),
  )
}

/** Compresses each file once, when it is first asked for. */
function compressor(): (name: string, bytes: Buffer) => Promise<Buffer> {
  const done = new Map<string, Promise<Buffer>>()
  return (name, bytes) => {
    const known = done.get(name) ?? promisify(gzip)(bytes, { level: 9 })
    done.set(name, known)
    return known
  }
}

/** Only the app's own files run and are shown; it talks to this address and to the identity server. */
const contentSecurityPolicy = (issuer: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self' ${new URL(issuer).origin}`,
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
