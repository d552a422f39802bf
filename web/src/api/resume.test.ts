import { describe, expect, it } from 'vitest'
import { readResuming, type Sink } from './resume.ts'

interface Event {
  readonly cursor?: string
  readonly text: string
}

/** The network's far side: notes how it was opened, and lets the test speak through the stream that is open. */
class FarSide {
  readonly openedAfter: (string | undefined)[] = []
  readonly shown: string[] = []
  ended: unknown = 'no'
  #sink: Sink<Event> | undefined
  readonly close: () => void

  constructor() {
    this.close = readResuming<Event>(
      {
        open: (after, sink) => {
          this.openedAfter.push(after)
          this.#sink = sink
          return () => {
            this.#sink = undefined
          }
        },
        cursorOf: ({ cursor }) => cursor,
        isLost: (error) => error === 'lost',
        pause: () => Promise.resolve(),
      },
      {
        next: ({ text }) => this.shown.push(text),
        error: (error) => {
          this.ended = error
        },
        complete: () => {
          this.ended = 'complete'
        },
      },
    )
  }

  sends(...events: Event[]): void {
    for (const event of events) this.#sink?.next(event)
  }

  /** The connection breaks, and is open again when this settles. */
  async breaks(error: unknown = 'lost'): Promise<void> {
    this.#sink?.error(error)
    await Promise.resolve()
    await Promise.resolve()
  }

  completes(): void {
    this.#sink?.complete()
  }

  get isOpen(): boolean {
    return this.#sink !== undefined
  }
}

describe('a stream that is resumed', () => {
  it('goes on behind the last event that was seen, after every loss', async () => {
    const far = new FarSide()
    far.sends({ cursor: '1', text: 'a' }, { cursor: '2', text: 'b' })
    await far.breaks()
    far.sends({ cursor: '3', text: 'c' })
    await far.breaks()
    expect(far.openedAfter).toEqual([undefined, '2', '3'])
    expect(far.shown).toEqual(['a', 'b', 'c'])
  })

  it('shows an event once, however often it comes', async () => {
    const far = new FarSide()
    far.sends({ cursor: '1', text: 'a' }, { cursor: '1', text: 'a' })
    await far.breaks()
    far.sends({ cursor: '1', text: 'a' }, { cursor: '2', text: 'b' })
    expect(far.shown).toEqual(['a', 'b'])
  })

  it('starts anew where values have no cursor, for each says all as it stands', async () => {
    const far = new FarSide()
    far.sends({ text: '10' })
    await far.breaks()
    far.sends({ text: '10' })
    expect(far.openedAfter).toEqual([undefined, undefined])
    expect(far.shown).toEqual(['10', '10'])
  })

  it('gives up on a refusal, and says so', async () => {
    const far = new FarSide()
    await far.breaks('refused')
    expect(far.ended).toBe('refused')
    expect(far.openedAfter).toHaveLength(1)
  })

  it('ends when it is complete, and when nobody reads it any more', async () => {
    const complete = new FarSide()
    complete.completes()
    expect(complete.ended).toBe('complete')
    const left = new FarSide()
    left.close()
    expect(left.isOpen).toBe(false)
    await left.breaks()
    expect(left.openedAfter).toHaveLength(1)
  })

  it('is not opened again by a pause that ends after its reader has left', async () => {
    const far = new FarSide()
    const broken = far.breaks()
    far.close()
    await broken
    expect(far.openedAfter).toHaveLength(1)
  })
})
