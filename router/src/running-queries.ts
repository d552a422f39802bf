import type { ServerResponse } from 'node:http'
import type { Caller } from '@corridor/platform'
import { Departure, onceOver } from './departure.ts'
import type { Reply } from './http.ts'

interface RunningQuery {
  readonly departure: Departure
  readonly reply: Promise<Reply>
  waiting: number
}

/**
 * Queries that run now. Another with the same text for the same caller, that is with the same token and so the same
 * scopes, gets the same answer: of what it would see, the first sees nothing else. When all who wait have left, it is
 * given up.
 */
export class RunningQueries {
  readonly #running = new WeakMap<Caller, Map<string, RunningQuery>>()

  share(input: {
    caller: Caller
    key: string
    response: ServerResponse
    run: (departure: Departure) => Promise<Reply>
  }): Promise<Reply> {
    const { caller, key, response, run } = input
    let ofCaller = this.#running.get(caller)
    if (!ofCaller) {
      ofCaller = new Map()
      this.#running.set(caller, ofCaller)
    }
    const running = ofCaller
    const query = running.get(key) ?? this.#start(running, key, run)
    query.waiting += 1
    onceOver(response, () => {
      query.waiting -= 1
      if (query.waiting > 0) return
      query.departure.leave()
      if (running.get(key) === query) running.delete(key)
    })
    return query.reply
  }

  #start(running: Map<string, RunningQuery>, key: string, run: (departure: Departure) => Promise<Reply>): RunningQuery {
    const departure = new Departure()
    const reply = run(departure).finally(() => {
      if (running.get(key) === query) running.delete(key)
    })
    const query: RunningQuery = { departure, reply, waiting: 0 }
    running.set(key, query)
    return query
  }
}
