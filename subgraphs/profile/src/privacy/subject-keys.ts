import { createHash, randomBytes } from 'node:crypto'
import { invariant, type Pool } from '@corridor/platform'
import { LRUCache } from 'lru-cache'
import { seal, unseal } from './sealed.ts'

const KEY_BYTES = 32
const CACHED_KEYS = 10_000
/** An erased subject's key may live this long in another process; what it could open is erased with it. */
const CACHE_TTL_MS = 60_000

/** The keys of subjects, in `profile_keys_db`, each wrapped by the master key. */
export class SubjectKeys {
  private readonly masterKey: Buffer
  private readonly masterKeyId: string
  private readonly cache = new LRUCache<string, Buffer>({ max: CACHED_KEYS, ttl: CACHE_TTL_MS })

  /** `masterKey` is 32 bytes in base64. */
  constructor(
    private readonly pool: Pool,
    masterKey: string,
  ) {
    this.masterKey = Buffer.from(masterKey, 'base64')
    invariant(this.masterKey.length === KEY_BYTES, 'the master key has 32 bytes')
    this.masterKeyId = createHash('sha256').update(this.masterKey).digest('hex').slice(0, 16)
  }

  /** The subject's key, made now if there is none. */
  async ensure(subject: string): Promise<Buffer> {
    const known = (await this.read([subject])).get(subject)
    if (known) return known
    const wrapped = seal({ key: this.masterKey, plain: randomBytes(KEY_BYTES), place: placeOf(subject) })
    await this.pool.query(
      'insert into subject_keys (subject, wrapped_key, master_key_id) values ($1, $2, $3) on conflict do nothing',
      [subject, wrapped, this.masterKeyId],
    )
    const key = (await this.read([subject])).get(subject)
    invariant(key, 'a key that was just made is there')
    return key
  }

  /** The keys of those subjects that have one. */
  async read(subjects: readonly string[]): Promise<Map<string, Buffer>> {
    const keys = new Map<string, Buffer>()
    const missing: string[] = []
    for (const subject of subjects) {
      const cached = this.cache.get(subject)
      if (cached) keys.set(subject, cached)
      else missing.push(subject)
    }
    if (missing.length === 0) return keys
    const { rows } = await this.pool.query<{ subject: string; wrapped_key: Buffer }>(
      'select subject, wrapped_key from subject_keys where subject = any($1::uuid[])',
      [missing],
    )
    for (const { subject, wrapped_key } of rows) {
      const key = unseal({ key: this.masterKey, sealed: wrapped_key, place: placeOf(subject) })
      this.cache.set(subject, key)
      keys.set(subject, key)
    }
    return keys
  }
}

const placeOf = (subject: string): string => `subject_keys\0wrapped_key\0${subject}`
