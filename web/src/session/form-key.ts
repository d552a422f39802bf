/**
 * The idempotency key of a form. It stays the same as long as the same is sent, however often, so that a double click, a
 * lost answer or a session that ended in between never does a thing twice; what is sent for the first time gets a new one.
 */
export interface FormKey {
  readonly key: string
  /** The input that the key was made for, as JSON; empty before the first. */
  readonly input: string
}

export const NO_KEY: FormKey = { key: '', input: '' }

/** The key for that input: the kept one if it was made for the same, else a new one. */
export function keyFor(kept: FormKey, input: object, newKey: () => string = () => crypto.randomUUID()): FormKey {
  const text = JSON.stringify(input)
  return kept.input === text && kept.key !== '' ? kept : { key: newKey(), input: text }
}
