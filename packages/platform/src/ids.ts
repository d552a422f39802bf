import { createHash, randomFillSync } from 'node:crypto'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A UUID in its canonical lower-case form. */
export const isUuid = (text: unknown): text is string => typeof text === 'string' && UUID.test(text)

function format(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

/** Sets the version and the variant bits (RFC 9562, section 4). */
function stamp(bytes: Buffer, version: number): Buffer {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes
}

const ID_BYTES = 16
/** Random bytes are drawn for many ids at once: one call for each costs more than all the rest of an id. */
const random = Buffer.alloc(ID_BYTES * 256)
let drawn = random.length

function drawRandom(): Buffer {
  if (drawn === random.length) {
    randomFillSync(random)
    drawn = 0
  }
  drawn += ID_BYTES
  return random.subarray(drawn - ID_BYTES, drawn)
}

/** A time-ordered id (RFC 9562, version 7): neighbours in time are neighbours in an index. */
export function uuidv7(nowMs: number = Date.now()): string {
  const bytes = drawRandom()
  bytes.writeUIntBE(nowMs, 0, 6)
  return format(stamp(bytes, 7))
}

/** The id that `name` always has within `namespace`, itself a UUID (RFC 9562, version 5). */
export function uuidv5(name: string, namespace: string): string {
  const space = Buffer.from(namespace.replaceAll('-', ''), 'hex')
  const digest = createHash('sha1').update(space).update(name, 'utf8').digest()
  return format(stamp(digest.subarray(0, 16), 5))
}
