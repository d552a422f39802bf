/** What is counted under one set of attribute values. Recording allocates nothing: callers on hot paths keep the series. */
export class Counter {
  value = 0
  add(count = 1): void {
    this.value += count
  }
}

/** A value as it is now. */
export class Gauge {
  value = 0
  set(value: number): void {
    this.value = value
  }
  add(difference: number): void {
    this.value += difference
  }
}

/** How values are spread: counts per bucket, each bucket up to and including its bound. */
export class Histogram {
  /** One count per bound, and one for what lies above all of them. */
  readonly counts: number[]
  sum = 0
  count = 0

  constructor(readonly bounds: readonly number[]) {
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  record(value: number): void {
    const { bounds, counts } = this
    let place = 0
    // Small values are the many, and the bounds are few: a look from below is faster than halving.
    while (place < bounds.length && value > (bounds[place] as number)) place += 1 // Below its length.
    counts[place] = (counts[place] as number) + 1 // One longer than the bounds.
    this.sum += value
    this.count += 1
  }
}

/** Bounds in seconds that OpenTelemetry advises for HTTP (semantic conventions, `http.server.request.duration`), and 1 and 2 ms. */
export const REQUEST_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
/** Bounds in seconds that OpenTelemetry advises for databases (`db.client.operation.duration`). */
export const DATABASE_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
