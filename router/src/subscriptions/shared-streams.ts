import type { RouterLimits } from '../limits.ts'
import type { Prepared, Variables } from '../operation-executor.ts'
import { EventQueue, type QueueLimits } from './event-queue.ts'
import type { ResolveEvent } from './event-resolver.ts'
import type { EventReader } from './federated-subscriptions.ts'
import type { UpstreamEvent, UpstreamSink } from './upstream.ts'

/** One resolved event, for all who read the stream. */
interface Response {
  readonly text: string
  readonly bytes: number
}

interface Reader {
  readonly queue: EventQueue<Response>
  failure: string | null
}

interface SharedStream {
  readonly readers: Set<Reader>
  /** The newest response of each key, for those who join. */
  readonly last: Map<string, Response>
  close(): void
}

export interface SharedReader {
  readonly prepared: Prepared
  readonly variables: Variables
  readonly onOverflow: () => void
  /** Opens the upstream; the answer leaves it. */
  readonly open: (sink: UpstreamSink) => () => void
  readonly resolve: () => ResolveEvent
  /** The response that tells of an upstream's failure, or of one of our own. */
  readonly failed: (error: unknown) => string
}

/** Newest responses kept per stream; the key that was quiet longest is forgotten first. */
const MAX_LAST_RESPONSES = 1_000
/** Of events that have none. */
const ONLY_KEY = ''

/**
 * Streams by what is asked, with which variables and scopes: each event is resolved once for all their readers, who
 * get the same text.
 */
export class SharedStreams {
  readonly #streams = new WeakMap<Prepared, Map<string, SharedStream>>()
  readonly #limits: QueueLimits

  constructor({ waitingEvents, waitingBytes }: RouterLimits) {
    this.#limits = { events: waitingEvents, bytes: waitingBytes }
  }

  join(input: SharedReader): EventReader {
    const { prepared, variables, onOverflow } = input
    let streams = this.#streams.get(prepared)
    if (!streams) {
      streams = new Map()
      this.#streams.set(prepared, streams)
    }
    const ofPrepared = streams
    const key = JSON.stringify(variables)
    const stream = ofPrepared.get(key) ?? this.#open(input, ofPrepared, key)
    const leave = (): void => {
      stream.readers.delete(reader)
      if (stream.readers.size === 0) stream.close()
    }
    const queue = new EventQueue<Response>(this.#limits, () => {
      leave()
      onOverflow()
    })
    const reader: Reader = { queue, failure: null }
    stream.readers.add(reader)
    for (const [place, response] of stream.last) queue.push(response, place)
    return {
      async next() {
        const taken = await queue.take()
        if (!taken.done) return taken.event.text
        const text = reader.failure
        reader.failure = null
        return text
      },
      leave() {
        queue.close()
        leave()
      },
    }
  }

  #open({ open, resolve, failed }: SharedReader, streams: Map<string, SharedStream>, key: string): SharedStream {
    const readers = new Set<Reader>()
    const last = new Map<string, Response>()
    const forget = (): void => {
      if (streams.get(key) === stream) streams.delete(key)
    }
    const end = (failure: string | null): void => {
      forget()
      for (const reader of readers) {
        reader.failure = failure
        reader.queue.end()
      }
    }
    let leave: (() => void) | null = null
    const stream: SharedStream = {
      readers,
      last,
      close() {
        forget()
        events.close()
        leave?.()
        leave = null
      },
    }
    streams.set(key, stream)
    let failure: string | null = null
    // Resolving slower than events come: those of one key conflate; others end the stream for all, who come again.
    const events = new EventQueue<UpstreamEvent>(this.#limits, () => {
      leave?.()
      end(null)
    })
    leave = open({
      onEvent: (event) => events.push(event, event.mark.key),
      onEnd: (error) => {
        failure = error === null ? null : failed(error)
        events.end()
      },
    })
    void deliver(events, resolve(), (response, place) => {
      remember(last, place ?? ONLY_KEY, response)
      for (const reader of readers) reader.queue.push(response, place)
    }).then(
      () => end(failure),
      (error: unknown) => {
        leave?.()
        end(failed(error))
      },
    )
    return stream
  }
}

/** Resolves events in order, until there are no more. */
async function deliver(
  events: EventQueue<UpstreamEvent>,
  resolve: ResolveEvent,
  tell: (response: Response, key: string | null) => void,
): Promise<void> {
  for (let taken = await events.take(); !taken.done; taken = await events.take()) {
    const text = await resolve(taken.event)
    tell({ text, bytes: text.length }, taken.event.mark.key)
  }
}

function remember(last: Map<string, Response>, key: string, response: Response): void {
  last.delete(key)
  last.set(key, response)
  if (last.size <= MAX_LAST_RESPONSES) return
  const [oldest] = last.keys()
  if (oldest !== undefined) last.delete(oldest)
}
