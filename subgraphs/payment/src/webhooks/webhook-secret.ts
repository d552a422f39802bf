import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { invariant } from '@corridor/platform'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const SECRET_BYTES = 24
/** Standard Webhooks 1.0.0, "Symmetric". */
const PREFIX = 'whsec_'

export const newWebhookSecret = (): string => `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`

/** Seals secrets of webhooks under one key; the webhook's id is authenticated with each, so that none can be moved. */
export class WebhookSecrets {
  private readonly key: Buffer

  /** @param key 32 bytes in base64 or base64url. */
  constructor(key: string) {
    this.key = Buffer.from(key, 'base64')
    invariant(this.key.length === KEY_BYTES, 'the key of webhooks has 32 bytes')
  }

  seal(webhookId: string, secret: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, this.key, nonce).setAAD(Buffer.from(webhookId))
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
  }

  /** @throws when it was not sealed here for this webhook. */
  open(webhookId: string, sealed: Buffer): string {
    const nonce = sealed.subarray(0, NONCE_BYTES)
    const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
    const decipher = createDecipheriv(CIPHER, this.key, nonce).setAAD(Buffer.from(webhookId)).setAuthTag(tag)
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
  }
}
