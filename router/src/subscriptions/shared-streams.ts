import type { RouterLimits } from '../limits.ts'
import type { Prepared, Variables } from '../operation-executor.ts'
import { EventQueue, type QueueLimits, type QueueReader } from './event-queue.ts'
import type { ResolveEvent } from './event-resolver.ts'
import type { EventReader } from './federated-subscriptions.ts'
import { Newest } from './newest.ts'
import { Response } from './response.ts'
import type { UpstreamEvent, UpstreamSink } from './upstream.ts'

interface SharedStream {
  readonly readers: Set<StreamReader>
  /** The newest response of each key, for those who join. */
  readonly last: Newest<Response>
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
  readonly failed: (error: unknown) => Response
}

/** Newest responses kept per stream. */
const MAX_LAST_RESPONSES = 1_000

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
    return new StreamReader(stream, this.#limits, onOverflow)
  }

  #open({ open, resolve, failed }: SharedReader, streams: Map<string, SharedStream>, key: string): SharedStream {
    const readers = new Set<StreamReader>()
    const last = new Newest<Response>(MAX_LAST_RESPONSES)
    const forget = (): void => {
      if (streams.get(key) === stream) streams.delete(key)
    }
    const end = (failure: Response | null): void => {
      forget()
      for (const reader of readers) reader.end(failure)
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
    let failure: Response | null = null
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
    const resolveEvent = resolve()
    events.read({
      take: (event, taken) =>
        void resolveEvent(event)
          .then((text) => {
            const response = new Response(text)
            const place = event.mark.key
            last.put(place, response)
            for (const reader of readers) reader.push(response, place)
            taken()
          })
          .catch((error: unknown) => {
            leave?.()
            end(failed(error))
          }),
      ended: () => end(failure),
    })
    return stream
  }
}

/** One who reads a stream. Thousands do, so that each has but a few fields. */
class StreamReader implements EventReader {
  readonly #queue: EventQueue<Response>

  constructor(
    private readonly stream: SharedStream,
    limits: QueueLimits,
    onOverflow: () => void,
  ) {
    this.#queue = new EventQueue(limits, () => {
      this.#depart()
      onOverflow()
    })
    stream.readers.add(this)
    for (const [place, response] of stream.last) this.#queue.push(response, place)
  }

  push(response: Response, place: string | null): void {
    this.#queue.push(response, place)
  }

  end(failure: Response | null): void {
    this.#queue.end(failure)
  }

  read(reader: QueueReader<Response>): void {
    this.#queue.read(reader)
  }

  leave(): void {
    this.#queue.close()
    this.#depart()
  }

  #depart(): void {
    this.stream.readers.delete(this)
    if (this.stream.readers.size === 0) this.stream.close()
  }
}
