import type { GraphQLError } from 'graphql'
import { Newest } from './newest.ts'
import { openUpstream, type UpstreamEvent, type UpstreamOptions, type UpstreamSink } from './upstream.ts'

interface SharedUpstream {
  readonly readers: Set<UpstreamSink>
  /** The newest event of each key, for those who join. */
  readonly last: Newest<UpstreamEvent>
  close(): void
}

/** Newest events kept per shared upstream. */
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
    for (const [, event] of shared.last) sink.onEvent(event)
    return () => {
      shared.readers.delete(sink)
      if (shared.readers.size > 0 || this.#shared.get(key) !== shared) return
      this.#shared.delete(key)
      shared.close()
    }
  }

  #openShared(key: string, options: UpstreamOptions): SharedUpstream {
    const readers = new Set<UpstreamSink>()
    const last = new Newest<UpstreamEvent>(MAX_LAST_EVENTS)
    const upstream = openUpstream(options, {
      onEvent(event) {
        last.put(event.mark.key, event)
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
