import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tls } from '@corridor/platform'

/** A new certificate for localhost that is its own authority. */
export function selfSigned(): Tls {
  const folder = mkdtempSync(join(tmpdir(), 'corridor-tls-'))
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const how = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=localhost']
  try {
    execFileSync('openssl', ['req', '-x509', ...how, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
    const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')]
    return { cert, key, ca: cert }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
