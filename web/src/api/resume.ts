/** Where a stream's values go. */
export interface Sink<T> {
  next(value: T): void
  /** The stream ended before it was done. */
  error(error: unknown): void
  complete(): void
}

export interface ResumeOptions<T> {
  /** Opens the stream, behind the event with that cursor where there is one; what it returns ends it. */
  readonly open: (after: string | undefined, sink: Sink<T>) => () => void
  /** The cursor of an event; undefined for a value that says all there is to say of its subject, as it stands. */
  readonly cursorOf: (value: T) => string | undefined
  /** Whether the connection was lost, so that opening again may help. */
  readonly isLost: (error: unknown) => boolean
  /** Settles when it is time to try again; told how often it was tried in vain. */
  readonly pause: (failures: number) => Promise<void>
}

/** Events remembered, so that one that comes twice is shown once. More than a server repeats around a loss. */
const REMEMBERED = 500

/**
 * Reads a stream through losses of the connection: each time it goes on behind the last event that was seen, and an event
 * that comes twice is handed on once. Returns what ends it.
 */
export function readResuming<T>(options: ResumeOptions<T>, sink: Sink<T>): () => void {
  const seen = new Set<string>()
  let after: string | undefined
  let failures = 0
  let ended = false
  let close: () => void = () => undefined

  const hand = (value: T): void => {
    failures = 0
    const cursor = options.cursorOf(value)
    if (cursor !== undefined) {
      if (seen.has(cursor)) return
      remember(seen, cursor)
      after = cursor
    }
    sink.next(value)
  }

  const again = (error: unknown): void => {
    if (ended) return
    if (!options.isLost(error)) {
      ended = true
      sink.error(error)
      return
    }
    failures += 1
    options.pause(failures).then(start, (cause: unknown) => ended || sink.error(cause))
  }

  const start = (): void => {
    if (ended) return
    close = options.open(after, {
      next: (value) => ended || hand(value),
      error: again,
      complete: () => {
        if (ended) return
        ended = true
        sink.complete()
      },
    })
  }

  start()
  return () => {
    ended = true
    close()
  }
}

function remember(seen: Set<string>, cursor: string): void {
  seen.add(cursor)
  if (seen.size <= REMEMBERED) return
  for (const oldest of seen) {
    seen.delete(oldest)
    return
  }
}
