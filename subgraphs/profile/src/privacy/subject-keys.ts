import { createHash, randomBytes } from 'node:crypto'
import { invariant, type Pool } from '@corridor/platform'
import { LRUCache } from 'lru-cache'
import { seal, unseal } from './sealed.ts'

const KEY_BYTES = 32
const CACHED_KEYS = 10_000
/** An erased subject's key may live this long in another process; what it could open is erased with it. */
const CACHE_TTL_MS = 60_000

interface WrappedKey {
  readonly subject: string
  readonly wrapped_key: Buffer
  readonly master_key_id: string
}

/** The keys of subjects, in `profile_keys_db`, each wrapped by a master key. */
export class SubjectKeys {
  private readonly masters = new Map<string, Buffer>()
  private readonly currentId: string
  private readonly cache = new LRUCache<string, Buffer>({ max: CACHED_KEYS, ttl: CACHE_TTL_MS })

  /**
   * Master keys are 32 bytes in base64: `current` wraps new keys, and `previous` are those with which keys may still be
   * wrapped until they are rotated.
   */
  constructor(
    private readonly pool: Pool,
    { current, previous = [] }: { current: string; previous?: readonly string[] },
  ) {
    for (const key of [current, ...previous]) {
      const bytes = Buffer.from(key, 'base64')
      invariant(bytes.length === KEY_BYTES, 'a master key has 32 bytes')
      this.masters.set(idOf(bytes), bytes)
    }
    this.currentId = idOf(Buffer.from(current, 'base64'))
  }

  /** The subject's key, made now if there is none. */
  async ensure(subject: string): Promise<Buffer> {
    const known = (await this.read([subject])).get(subject)
    if (known) return known
    await this.pool.query(
      'insert into subject_keys (subject, wrapped_key, master_key_id) values ($1, $2, $3) on conflict do nothing',
      [subject, this.wrap(subject, randomBytes(KEY_BYTES)), this.currentId],
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
    const { rows } = await this.pool.query<WrappedKey>(
      'select subject, wrapped_key, master_key_id from subject_keys where subject = any($1::uuid[])',
      [missing],
    )
    for (const row of rows) {
      const key = this.unwrap(row)
      this.cache.set(row.subject, key)
      keys.set(row.subject, key)
    }
    return keys
  }

  /** Destroys a subject's key: what it sealed opens nevermore. Again, it stays destroyed. */
  async destroy(subject: string): Promise<void> {
    await this.pool.query('delete from subject_keys where subject = $1', [subject])
    this.cache.delete(subject)
  }

  /**
   * Wraps up to `max` keys of earlier master keys with the current one; answers how many. What they sealed stays as it is.
   * Two may do it at once: each takes rows of its own.
   */
  async rotate(max: number): Promise<number> {
    const client = await this.pool.connect()
    try {
      await client.query('begin')
      const { rows } = await client.query<WrappedKey>(
        `select subject, wrapped_key, master_key_id from subject_keys where master_key_id <> $1
         order by subject limit $2 for update skip locked`,
        [this.currentId, max],
      )
      await client.query(
        `update subject_keys k set wrapped_key = w.wrapped_key, master_key_id = $3
         from unnest($1::uuid[], $2::bytea[]) as w (subject, wrapped_key) where k.subject = w.subject`,
        [
          rows.map(({ subject }) => subject),
          rows.map((row) => this.wrap(row.subject, this.unwrap(row))),
          this.currentId,
        ],
      )
      await client.query('commit')
      return rows.length
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  }

  private wrap(subject: string, key: Buffer): Buffer {
    const master = this.masters.get(this.currentId)
    invariant(master, 'the current master key is one of them')
    return seal({ key: master, plain: key, place: placeOf(subject) })
  }

  private unwrap({ subject, wrapped_key, master_key_id }: WrappedKey): Buffer {
    const master = this.masters.get(master_key_id)
    invariant(master, `the master key ${master_key_id} is not configured, and keys are wrapped with it`)
    return unseal({ key: master, sealed: wrapped_key, place: placeOf(subject) })
  }
}

/** Says which master key it was, and nothing else of it. */
const idOf = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 16)
const placeOf = (subject: string): string => `subject_keys\0wrapped_key\0${subject}`
