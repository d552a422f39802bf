/**
 * What was typed into a form and not sent yet. It is kept in this tab, so that signing in again or loading the page anew
 * loses nothing; passwords never go through here.
 */
const PREFIX = 'corridor.draft.'

export type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

/** The draft of that form, or `initial` where there is none of the same shape. */
export function readDraft<T extends object>(name: string, initial: T, storage: Storage = sessionStorage): T {
  const text = storage.getItem(PREFIX + name)
  if (text === null) return initial
  const kept: unknown = JSON.parse(text)
  return isShapedLike(kept, initial) ? kept : initial
}

export function writeDraft(name: string, value: object, storage: Storage = sessionStorage): void {
  storage.setItem(PREFIX + name, JSON.stringify(value))
}

export function forgetDraft(name: string, storage: Storage = sessionStorage): void {
  storage.removeItem(PREFIX + name)
}

/** Forgets every form's draft: the next person at this tab finds nothing. */
export function forgetDrafts(storage: Storage = sessionStorage): void {
  const names = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '')
  for (const name of names) if (name.startsWith(PREFIX)) storage.removeItem(name)
}

/** A release with other fields in a form starts it anew. */
function isShapedLike<T extends object>(value: unknown, model: T): value is T {
  if (typeof value !== 'object' || value === null) return false
  const fields = new Map(Object.entries(value))
  return Object.entries(model).every(([name, example]) => typeof fields.get(name) === typeof example)
}
