import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { StartError } from '@corridor/dev-services'
import { generateInternalKeyPair, type JWK, type KeyPair } from '@corridor/platform'

/** The parts that call subgraphs, each with a key pair of its own. */
export const ISSUERS = [
  'router',
  'forex-service',
  'payment-service',
  'payment-processor',
  'profile-service',
  'wallet-service',
  'rule-engine-service',
  'mailer',
] as const
export type Issuer = (typeof ISSUERS)[number]

interface SecretsFile {
  readonly texts: Record<string, string>
  readonly keys: Record<string, KeyPair>
}

const PRIVATE_FILE = 0o600
const KEY_BYTES = 32
/** Signs the ledger's blocks; no subgraph takes tokens that it signs. */
const SEALER = 'ledger-sealer'
/** Without one of these, what is in the databases cannot be used again. */
const NEEDED_WITH_DATA = ['postgres', 'profile.masterKey', 'profile.indexKey']

/** Passwords and keys of this one platform, made at its first start and kept in a file that its owner alone may read. */
export class Secrets {
  private constructor(
    private readonly path: string,
    private readonly content: SecretsFile,
  ) {}

  /**
   * Opens the file, or begins one. `hasData` says that there is data which only the existing secrets open.
   *
   * @throws StartError when the file is broken or missing beside data.
   */
  static async open({ path, hasData }: { path: string; hasData: boolean }): Promise<Secrets> {
    const secrets = new Secrets(path, read(path))
    if (hasData && NEEDED_WITH_DATA.some((name) => secrets.content.texts[name] === undefined)) throw broken(path)
    for (const owner of [...ISSUERS, SEALER]) secrets.content.keys[owner] ??= await generateInternalKeyPair()
    for (const name of NEEDED_WITH_DATA) secrets.text(name)
    secrets.save()
    return secrets
  }

  /** The secret of that name, for a program beside the platform, which is the one that writes the file. */
  static textIn(path: string, name: string): string {
    const { [name]: known } = read(path).texts
    if (known === undefined) throw broken(path)
    return known
  }

  /** The secret of that name: 32 random bytes in base64url, made and kept when it is first asked for. */
  text(name: string): string {
    const known = this.content.texts[name]
    if (known !== undefined) return known
    const made = randomBytes(KEY_BYTES).toString('base64url')
    this.content.texts[name] = made
    this.save()
    return made
  }

  privateKey(issuer: Issuer): JWK {
    return this.pair(issuer).privateJwk
  }

  /** The private key of the ledger's sealer. */
  get sealingKey(): JWK {
    return this.pair(SEALER).privateJwk
  }

  get publicKeys(): Readonly<Record<Issuer, JWK>> {
    const entries = ISSUERS.map((issuer) => [issuer, this.pair(issuer).publicJwk])
    return Object.fromEntries(entries) as Record<Issuer, JWK> // One entry per issuer.
  }

  private pair(owner: Issuer | typeof SEALER): KeyPair {
    const pair = this.content.keys[owner]
    if (!pair) throw broken(this.path)
    return pair
  }

  /** Beside the file and then over it: a crash leaves the old one or the new one whole. */
  private save(): void {
    const beside = `${this.path}.new`
    writeFileSync(beside, `${JSON.stringify(this.content, null, 2)}\n`, { mode: PRIVATE_FILE })
    chmodSync(beside, PRIVATE_FILE)
    renameSync(beside, this.path)
  }
}

const broken = (path: string): StartError =>
  new StartError(
    `${path} is missing or not what the platform wrote, and without it the data cannot be used.`,
    'restore it from a backup, or begin anew with npm start -- --reset',
  )

function read(path: string): SecretsFile {
  if (!existsSync(path)) return { texts: {}, keys: {} }
  const parsed = parse(readFileSync(path, 'utf8'))
  if (!isSecretsFile(parsed)) throw broken(path)
  return parsed
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Refused by the caller like any other wrong content.
    return undefined
  }
}

function isSecretsFile(value: unknown): value is SecretsFile {
  if (typeof value !== 'object' || value === null || !('texts' in value) || !('keys' in value)) return false
  const { texts, keys } = value
  return (
    isRecord(texts) &&
    Object.values(texts).every((text) => typeof text === 'string') &&
    isRecord(keys) &&
    Object.values(keys).every((pair) => isRecord(pair) && isRecord(pair.privateJwk) && isRecord(pair.publicJwk))
  )
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
