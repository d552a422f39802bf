import { createHmac } from 'node:crypto'

/** A keyed hash of a normalised value, for exact search over what is encrypted. `key` is 32 bytes in base64. */
export class BlindIndex {
  private readonly key: Buffer

  constructor(key: string) {
    this.key = Buffer.from(key, 'base64')
  }

  of(field: 'username' | 'email' | 'phone', value: string): Buffer {
    return createHmac('sha256', this.key)
      .update(`${field}\0${normalise(value)}`)
      .digest()
  }
}

const normalise = (value: string): string => value.normalize('NFKC').trim().toLowerCase()
