/** One event as clients get it, for all who read its stream. */
export class Response {
  #head: string | null = null
  #frame: Buffer | null = null

  /** `text` is JSON. */
  constructor(readonly text: string) {}

  get bytes(): number {
    return this.text.length
  }

  /** The message that carries it: `head` up to the payload. Made once for all readers of one head after the other. */
  frame(head: string): Buffer {
    if (this.#frame === null || this.#head !== head) {
      this.#head = head
      this.#frame = Buffer.from(`${head}${this.text}}`)
    }
    return this.#frame
  }
}
