import type { ServerResponse } from 'node:http'
import type { OperationDefinitionNode } from 'graphql'

/**
 * Whether a query's client is still there, for the calls that are made for him: nobody reads what they would bring. Less
 * than an `AbortSignal`, since every request has one and hardly any needs it.
 */
export class Departure {
  readonly #calls = new Set<(reason: Error) => void>()
  #left = false

  get left(): boolean {
    return this.#left
  }

  /** Gives up `call` when the client leaves. */
  add(call: (reason: Error) => void): void {
    this.#calls.add(call)
  }

  delete(call: (reason: Error) => void): void {
    this.#calls.delete(call)
  }

  leave(): void {
    this.#left = true
    for (const giveUp of this.#calls) giveUp(new Error('the client left'))
    this.#calls.clear()
  }
}

/** Whether an operation was given up because its client left: that is no failure. Mutations are done to their end. */
export const isGivenUp = (
  { departure }: { readonly departure?: Departure | undefined },
  { operation }: OperationDefinitionNode,
): boolean => operation === 'query' && departure?.left === true

/** Calls `told` when nothing can be answered any more: the client has what he asked for, or has left. */
export function onceOver(response: ServerResponse, told: () => void): void {
  if (response.destroyed) told()
  else response.once('close', told)
}
