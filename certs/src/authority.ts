import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Party } from './names.ts'
import { isPresent, run } from './programs.ts'

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3_650
/** Browsers take no server certificate that lasts longer. */
const CERTIFICATE_DAYS = 397
const OWNER_ONLY = 0o600
const ELLIPTIC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
/** What the products' own keys are, and every Java reads. */
const RSA = ['-newkey', 'rsa:2048', '-nodes']

export interface CertificateFolder {
  readonly folder: string
  /** Certificates that end sooner are made anew. */
  readonly renewBeforeDays: number
  readonly now: Date
}

export const certificateOf = (folder: string, name: string): string => join(folder, `${name}.pem`)
export const keyOf = (folder: string, name: string): string => join(folder, `${name}.key`)
const CA = 'ca'

/**
 * The root that signs every certificate: mkcert's where that is installed, so that the browsers of this machine trust it
 * already, else one of our own. It is never replaced while it lasts: everybody would have to trust the new one first.
 *
 * @returns whether it was made now.
 */
export function ensureAuthority({ folder, now }: CertificateFolder): boolean {
  const [certificate, key] = [certificateOf(folder, CA), keyOf(folder, CA)]
  if (existsSync(certificate) && existsSync(key) && !endsWithin(certificate, 0, now)) return false
  const root = mkcertRoot()
  if (root === null) {
    run('openssl', [
      'req',
      '-x509',
      ...ELLIPTIC,
      '-days',
      String(AUTHORITY_DAYS),
      '-subj',
      '/O=Corridor/CN=Corridor development authority',
      '-addext',
      'basicConstraints=critical,CA:TRUE,pathlen:0',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
      '-keyout',
      key,
      '-out',
      certificate,
    ])
  } else {
    writeFileSync(certificate, readFileSync(join(root, 'rootCA.pem')))
    writeFileSync(key, readFileSync(join(root, 'rootCA-key.pem')), { mode: OWNER_ONLY })
  }
  return true
}

/** A certificate for a party, to serve and to call with. @returns whether it was made now. */
export function ensureCertificate(options: CertificateFolder, party: Party): boolean {
  const { folder } = options
  const [certificate, key] = [certificateOf(folder, party.name), keyOf(folder, party.name)]
  if (existsSync(certificate) && existsSync(key) && isGood(options, party, certificate)) return false
  const names = [party.name, ...party.hosts].map((host) => `DNS:${host}`)
  const addresses = party.hosts.includes('localhost') ? ['IP:127.0.0.1', 'IP:::1'] : []
  const request = run('openssl', [
    'req',
    ...(party.keystore ? RSA : ELLIPTIC),
    '-subj',
    `/O=Corridor/CN=${party.name}`,
    '-keyout',
    key,
  ])
  const extensions = [
    `subjectAltName=${[...names, ...addresses].join(',')}`,
    'extendedKeyUsage=serverAuth,clientAuth',
    'keyUsage=critical,digitalSignature,keyEncipherment',
    'basicConstraints=critical,CA:FALSE',
  ].join('\n')
  const extensionFile = join(folder, `${party.name}.ext`)
  writeFileSync(extensionFile, extensions)
  const signed = run(
    'openssl',
    [
      'x509',
      '-req',
      '-days',
      String(CERTIFICATE_DAYS),
      '-CA',
      certificateOf(folder, CA),
      '-CAkey',
      keyOf(folder, CA),
      '-extfile',
      extensionFile,
    ],
    { input: request },
  )
  writeFileSync(certificate, signed)
  return true
}

function isGood({ folder, renewBeforeDays, now }: CertificateFolder, party: Party, file: string): boolean {
  const certificate = new X509Certificate(readFileSync(file))
  const authority = new X509Certificate(readFileSync(certificateOf(folder, CA)))
  const carries = [party.name, ...party.hosts].every((host) => certificate.checkHost(host) !== undefined)
  return carries && certificate.verify(authority.publicKey) && !endsWithin(file, renewBeforeDays, now)
}

function endsWithin(file: string, days: number, now: Date): boolean {
  const { validTo } = new X509Certificate(readFileSync(file))
  return Date.parse(validTo) < now.getTime() + days * DAY_MS
}

function mkcertRoot(): string | null {
  if (!isPresent('mkcert')) return null
  const root = run('mkcert', ['-CAROOT']).trim()
  return existsSync(join(root, 'rootCA-key.pem')) ? root : null
}
