/** What was started, stopped in reverse; a part that fails to stop keeps no other from stopping. */
export class StopStack {
  private readonly stops: { readonly name: string; readonly stop: () => Promise<void> }[] = []
  private stopped: Promise<void> | null = null

  push(name: string, stop: () => Promise<void>): void {
    this.stops.push({ name, stop })
  }

  /** Stops everything once, however often it is called. @throws AggregateError naming the parts that failed. */
  stop(): Promise<void> {
    this.stopped ??= this.stopAll()
    return this.stopped
  }

  private async stopAll(): Promise<void> {
    const failures: Error[] = []
    for (const { name, stop } of this.stops.reverse()) {
      try {
        await stop()
      } catch (cause) {
        failures.push(new Error(`${name} did not stop cleanly`, { cause }))
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '))
  }
}
