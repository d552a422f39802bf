import { createHmac, timingSafeEqual } from 'node:crypto'

const DIGITS = 8

/**
 * The code that proves an e-mail address: it follows from the verification's id under the subject's own key, so that it is
 * kept nowhere, is the same each time it is mailed, and is gone with the key. Truncated as RFC 4226, section 5.3.
 */
export function verificationCode(key: Buffer, verificationId: string): string {
  const digest = createHmac('sha256', key).update(`email-verification\0${verificationId}`).digest()
  const offset = (digest.at(-1) ?? 0) & 0xf
  const number = digest.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

/** Compares in constant time; blanks around and within a code do not count. */
export function isCode(given: string, code: string): boolean {
  const digits = given.replace(/\s/g, '')
  return (
    /^\d+$/.test(digits) && digits.length === code.length && timingSafeEqual(Buffer.from(digits), Buffer.from(code))
  )
}
