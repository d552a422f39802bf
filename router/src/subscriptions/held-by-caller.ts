/** How many of something each caller has now, over all his sockets; at most so many of each. */
export class HeldByCaller {
  readonly #held = new Map<string, number>()

  constructor(private readonly most: number) {}

  /** One more for that caller: how he gives it back, to be called once or more; null when he has all that he may. */
  take(caller: string): (() => void) | null {
    const held = this.#held.get(caller) ?? 0
    if (held >= this.most) return null
    this.#held.set(caller, held + 1)
    let given = false
    return () => {
      if (given) return
      given = true
      const left = (this.#held.get(caller) ?? 1) - 1
      if (left === 0) this.#held.delete(caller)
      else this.#held.set(caller, left)
    }
  }
}
