export type JsonObject = Record<string, unknown>

/** Names that every object answers to by inheritance; a client may choose them as aliases, `__proto__` too. */
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype))

export const isInherited = (name: string): boolean => INHERITED.has(name)

/** An object, and no list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object's own property, never one that it inherits: a method, which data of JSON has none of, or its prototype. */
export function own(object: JsonObject, name: string): unknown {
  const value = object[name]
  if (typeof value === 'function') return undefined
  return name === '__proto__' && !Object.hasOwn(object, name) ? undefined : value
}

/** Gives the object a property of its own: an assignment to `__proto__` would change what it inherits instead. */
export function put(object: JsonObject, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true })
  } else object[name] = value
}

/** Anything but what stands in JSON as it is; of high code units more than must be escaped. */
const TO_ESCAPE = /[^ !#-[\]-\ud7ff]/

/** Whether a string is the same in JSON, but for its quotes. Most are, and to see that takes less time than to escape. */
export const isPlain = (text: string): boolean => !TO_ESCAPE.test(text)

/** The string as JSON. */
export const quoted = (text: string): string => (isPlain(text) ? `"${text}"` : JSON.stringify(text))

/**
 * Puts what a subgraph answered into what is known, down to the leaves. Lists of one length are put together item by
 * item, others replaced. Objects of `source` become part of `target`.
 */
export function merge(target: JsonObject, source: JsonObject): void {
  for (const name of Object.keys(source)) {
    const value = source[name]
    if (value === undefined) continue
    const known = Object.hasOwn(target, name) ? target[name] : undefined
    if (isObject(known) && isObject(value)) merge(known, value)
    else if (Array.isArray(known) && Array.isArray(value) && known.length === value.length) mergeItems(known, value)
    else put(target, name, value)
  }
}

function mergeItems(known: unknown[], items: readonly unknown[]): void {
  for (const [index, item] of items.entries()) {
    const old = known[index]
    if (isObject(old) && isObject(item)) merge(old, item)
    else known[index] = item
  }
}
