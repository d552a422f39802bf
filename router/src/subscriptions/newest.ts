/** The newest value of each key, for those who join later; the key that was quiet longest is forgotten first. */
export class Newest<Value> {
  readonly #values = new Map<string, Value>()

  constructor(private readonly limit: number) {}

  /** With `key` null it is of what has none. */
  put(key: string | null, value: Value): void {
    const place = key ?? ''
    this.#values.delete(place)
    this.#values.set(place, value)
    if (this.#values.size <= this.limit) return
    const [oldest] = this.#values.keys()
    if (oldest !== undefined) this.#values.delete(oldest)
  }

  [Symbol.iterator](): IterableIterator<[string, Value]> {
    return this.#values.entries()
  }
}
