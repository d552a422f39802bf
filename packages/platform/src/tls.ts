import { readFileSync } from 'node:fs'
import { ConfigError, optional, text } from './config.ts'

/** A party's certificate with its key, and the authority whose certificates it takes from others. All PEM. */
export interface Tls {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

/** Files of a part's own certificate. All of them or none: none is for parts that meet on loopback. */
export const TLS_SETTINGS = {
  TLS_CERT_FILE: optional(text()),
  TLS_KEY_FILE: optional(text()),
  TLS_CA_FILE: optional(text()),
}

/** @throws ConfigError when only some of the files are named, or one cannot be read. */
export function tlsOf(config: {
  readonly TLS_CERT_FILE: string | undefined
  readonly TLS_KEY_FILE: string | undefined
  readonly TLS_CA_FILE: string | undefined
}): Tls | undefined {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CA_FILE: ca } = config
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined || ca === undefined) {
    throw new ConfigError(['TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE must be set together'])
  }
  return { cert: read('TLS_CERT_FILE', cert), key: read('TLS_KEY_FILE', key), ca: read('TLS_CA_FILE', ca) }
}

function read(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw Object.assign(new ConfigError([`${name} names a file that cannot be read`]), { cause })
  }
}
