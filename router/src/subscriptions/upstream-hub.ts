import type { GraphQLError } from 'graphql'
import { openUpstream, type UpstreamEvent, type UpstreamOptions, type UpstreamSink } from './upstream.ts'

interface SharedUpstream {
  readonly readers: Set<UpstreamSink>
  /** The newest event of each key, for those who join. */
  readonly last: Map<string, UpstreamEvent>
  close(): void
}

/** Newest events kept per shared upstream; the key that was quiet longest is forgotten first. */
const MAX_LAST_EVENTS = 1_000

/** Upstreams by what they ask: shared ones are opened by the first reader, and closed when the last has left. */
export class UpstreamHub {
  readonly #shared = new Map<string, SharedUpstream>()
  #own = 0

  /** Upstreams that are open now. */
  get size(): number {
    return this.#shared.size + this.#own
  }

  /** Reads an upstream; `shareKey` null opens one for this reader alone. The answer leaves it. */
  join(shareKey: string | null, options: UpstreamOptions, sink: UpstreamSink): () => void {
    return shareKey === null ? this.#open(options, sink) : this.#share(shareKey, options, sink)
  }

  #open(options: UpstreamOptions, sink: UpstreamSink): () => void {
    this.#own += 1
    let left = false
    const leave = (): void => {
      if (left) return
      left = true
      this.#own -= 1
      upstream.close()
    }
    const onEnd = (error: GraphQLError | null): void => {
      leave()
      sink.onEnd(error)
    }
    const upstream = openUpstream(options, { onEvent: (event) => sink.onEvent(event), onEnd })
    return leave
  }

  #share(key: string, options: UpstreamOptions, sink: UpstreamSink): () => void {
    const shared = this.#shared.get(key) ?? this.#openShared(key, options)
    shared.readers.add(sink)
    for (const event of shared.last.values()) sink.onEvent(event)
    return () => {
      shared.readers.delete(sink)
      if (shared.readers.size > 0 || this.#shared.get(key) !== shared) return
      this.#shared.delete(key)
      shared.close()
    }
  }

  #openShared(key: string, options: UpstreamOptions): SharedUpstream {
    const readers = new Set<UpstreamSink>()
    const last = new Map<string, UpstreamEvent>()
    const upstream = openUpstream(options, {
      onEvent(event) {
        remember(last, event)
        for (const reader of readers) reader.onEvent(event)
      },
      onEnd: (error) => {
        if (this.#shared.get(key) === shared) this.#shared.delete(key)
        for (const reader of readers) reader.onEnd(error)
      },
    })
    const shared: SharedUpstream = { readers, last, close: () => upstream.close() }
    this.#shared.set(key, shared)
    return shared
  }
}

function remember(last: Map<string, UpstreamEvent>, event: UpstreamEvent): void {
  const key = event.mark.key ?? ''
  last.delete(key)
  last.set(key, event)
  if (last.size <= MAX_LAST_EVENTS) return
  const [oldest] = last.keys()
  if (oldest !== undefined) last.delete(oldest)
}
