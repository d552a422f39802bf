/** Where a stream gets its values: what is new since it was last read, and when it is worth reading again. */
export interface LiveSource<Value> {
  /** Called one at a time, and only when the reader wants more; an empty answer waits for the next wake. */
  read(): Promise<readonly Value[]> | readonly Value[]
  /** Calls `wake` whenever there may be something new, until the answer is called. */
  onWake(wake: () => void): () => void
}

/**
 * The values of a subscription, read when the reader wants them. Unlike an async generator that awaits, it ends at once
 * when its reader leaves, however quiet the source: nothing is leaked behind a stream that never speaks.
 */
export function liveStream<Value>(source: LiveSource<Value>): AsyncIterableIterator<Value> {
  let ready: Value[] = []
  let closed = false
  let woken = true
  let wakeReader: (() => void) | null = null
  const wake = (): void => {
    woken = true
    wakeReader?.()
  }
  const stopWaking = source.onWake(wake)
  const close = (): IteratorReturnResult<undefined> => {
    if (!closed) stopWaking()
    closed = true
    ready = []
    wakeReader?.()
    return { done: true, value: undefined }
  }
  const sleep = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      wakeReader = resolve
    })
    wakeReader = null
  }
  const next = async (): Promise<IteratorResult<Value>> => {
    while (!closed) {
      if (ready.length > 0) return { done: false, value: ready.shift() as Value } // Its length was just checked.
      if (!woken) await sleep()
      if (closed) break
      woken = false
      try {
        ready = [...(await source.read())]
      } catch (error) {
        close()
        throw error
      }
    }
    return { done: true, value: undefined }
  }
  return {
    next,
    return: async () => close(),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
