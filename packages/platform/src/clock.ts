/** Where time is read. Tests give their own; a process judges expiry by its own clock and never compares two. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }
