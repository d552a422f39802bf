// Whether a part is ready: exit 0 or 1. For health checks of containers that have no curl.
//   node deploy/ready.mjs https://forex:8001/ready
// With TLS_CA_FILE, TLS_CERT_FILE and TLS_KEY_FILE it shows the part's own certificate.
import { readFileSync } from 'node:fs'
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'

const TIMEOUT_MS = 2_500
const [url = ''] = process.argv.slice(2)
const { TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE } = process.env
const file = (path) => (path ? readFileSync(path) : undefined)
const tls = { ca: file(TLS_CA_FILE), cert: file(TLS_CERT_FILE), key: file(TLS_KEY_FILE) }
const [get, options] = url.startsWith('https:') ? [getHttps, tls] : [getHttp, {}]

get(url, { ...options, timeout: TIMEOUT_MS }, (response) => process.exit(response.statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
