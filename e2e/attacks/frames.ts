/** A frame on the WebSocket after the acknowledgement, and the code with which the connection is closed; null: it stays. */
export interface FrameAttack {
  readonly name: string
  readonly frames: readonly (string | Buffer)[]
  readonly closes: readonly (number | null)[]
}

const subscribe = (id: unknown, payload: unknown): string => JSON.stringify({ id, type: 'subscribe', payload })

/** Every attack by frames. */
export const frameAttacks = (): FrameAttack[] => [
  ...[
    '',
    'text',
    'null',
    '1',
    '[]',
    '{}',
    '{"type":1}',
    '{"type":"nothing"}',
    '{"type":"subscribe"}',
    '{"id":"","type":"subscribe","payload":{"query":"{ me { id } }"}}',
    '{"id":1,"type":"subscribe","payload":{"query":"{ me { id } }"}}',
    '{"id":"1","type":"subscribe","payload":{}}',
    '{"id":"1","type":"subscribe","payload":{"query":1}}',
    '{"id":"1","type":"complete","extra":{}}',
    '{"type":"ping","payload":1}',
    '{"type":"connection_ack"}',
    '{"id":"1","type":"next","payload":{}}',
    '{"id":"1","type":"error","payload":[]}',
    '\u0000',
    '{"__proto__":{"type":"ping"}}',
  ].map(
    (frame): FrameAttack => ({ name: `the frame ${JSON.stringify(frame)}`, frames: [frame], closes: [4400, null] }),
  ),
  { name: 'a binary frame', frames: [Buffer.from([0, 1, 2, 255])], closes: [4400, 1003, 1007] },
  { name: 'a frame of 70 KiB', frames: ['x'.repeat(70 * 1024)], closes: [1009] },
  { name: 'a second connection_init', frames: ['{"type":"connection_init"}'], closes: [4429] },
  {
    name: 'the same id twice',
    frames: [
      subscribe('1', { query: 'subscription { rateChanged { pair } }' }),
      subscribe('1', { query: 'subscription { rateChanged { pair } }' }),
    ],
    closes: [4409],
  },
  { name: 'an operation that does not parse', frames: [subscribe('1', { query: '{' })], closes: [null] },
  {
    name: 'a subscription that does not exist',
    frames: [subscribe('1', { query: 'subscription { nothing }' })],
    closes: [null],
  },
  {
    name: 'a subscription of 20 levels',
    frames: [
      subscribe('1', {
        query: `subscription { paymentStatusChanged { payment { ${'from { owner { wallets { '.repeat(8)}id${' } } }'.repeat(8)} } } }`,
      }),
    ],
    closes: [null],
  },
  {
    name: 'variables that are none',
    frames: [subscribe('1', { query: 'subscription { rateChanged { pair } }', variables: 'x' })],
    closes: [4400, null],
  },
  {
    name: 'fifty-one subscriptions',
    frames: Array.from({ length: 51 }, (_, i) =>
      subscribe(String(i), { query: 'subscription { rateChanged { pair } }' }),
    ),
    closes: [null, 4400, 4429, 1013],
  },
  {
    name: 'a hundred completes of nothing',
    frames: Array.from({ length: 100 }, (_, i) => JSON.stringify({ id: String(i), type: 'complete' })),
    closes: [null],
  },
  { name: 'a hundred pings', frames: Array.from({ length: 100 }, () => '{"type":"ping"}'), closes: [null] },
]
