/** A request that nobody means well, and what it must meet. */
export interface Attack {
  readonly name: string
  readonly method?: 'POST' | 'GET' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS'
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Codes of errors, any of which is right; `data` is an answer without errors, for what is odd and harmless. */
  readonly meets: readonly string[]
}

const TOO_COMPLEX = ['QUERY_TOO_COMPLEX']
const INVALID = ['GRAPHQL_VALIDATION_FAILED']
const UNPARSED = ['GRAPHQL_PARSE_FAILED', 'QUERY_TOO_COMPLEX']
const BAD_REQUEST = ['BAD_REQUEST', 'BAD_USER_INPUT']
const NOT_FOUND = ['NOT_FOUND']

const json = (value: unknown): Pick<Attack, 'body' | 'headers'> => ({
  body: JSON.stringify(value),
  headers: { 'content-type': 'application/json' },
})
const raw = (body: string | Buffer, type = 'application/json'): Pick<Attack, 'body' | 'headers'> => ({
  body,
  headers: { 'content-type': type },
})
const query = (name: string, document: string, meets: readonly string[], variables?: unknown): Attack => ({
  name,
  ...json({ query: document, ...(variables === undefined ? {} : { variables }) }),
  meets,
})

const nested = (levels: number): string =>
  `{ me { ${'wallets { owner { '.repeat(levels / 2)}id${' } }'.repeat(levels / 2)} } }`
const times = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => of(i)).join(' ')

/** Each fragment spreads the next twice: written out, 2^levels fields. */
const bomb = (levels: number): string =>
  `{ me { ...f0 } } ${times(levels, (i) => `fragment f${i} on Profile { ...f${i + 1} a${i}: id ...f${i + 1} }`)} fragment f${levels} on Profile { id }`

function* sizes(): Generator<Attack> {
  for (const levels of [14, 40, 200, 800]) yield query(`${levels} levels`, nested(levels), TOO_COMPLEX)
  for (const count of [31, 200, 1_000])
    yield query(`${count} aliases`, `{ ${times(count, (i) => `a${i}: me { id }`)} }`, TOO_COMPLEX)
  for (const count of [21, 100])
    yield query(`${count} root fields`, `{ ${times(count, () => 'me { id }')} }`, [...TOO_COMPLEX, 'data'])
  for (const levels of [12, 20, 40]) yield query(`a bomb of fragments, ${levels}`, bomb(levels), TOO_COMPLEX)
  for (const count of [100, 1_000, 4_000]) {
    yield query(`${count} directives`, `{ me { id ${'@include(if: true) '.repeat(count)} } }`, [
      ...TOO_COMPLEX,
      ...INVALID,
      ...UNPARSED,
    ])
  }
  for (const count of [6_000, 100_000])
    yield query(`${count} tokens`, `{ ${'a '.repeat(count)} }`, [...UNPARSED, ...INVALID])
  for (const depth of [100, 2_000, 20_000]) {
    const list = `${'['.repeat(depth)}${']'.repeat(depth)}`
    yield query(`a list ${depth} deep`, `{ rates(pairs: ${list}) { pair } }`, [...UNPARSED, ...INVALID])
    yield query(
      `variables ${depth} deep`,
      'query ($p: [CurrencyPair!]) { rates(pairs: $p) { pair } }',
      ['BAD_USER_INPUT', 'BAD_REQUEST'],
      { p: JSON.parse(depth > 5_000 ? '[[]]' : list) },
    )
  }
  for (const first of [101, 1_000_000, 2_147_483_647]) {
    yield query(`a page of ${first}`, `{ payments(first: ${first}) { edges { node { id } } } }`, [
      'QUERY_TOO_COMPLEX',
      'BAD_USER_INPUT',
    ])
  }
  for (const first of [-1, 0])
    yield query(`a page of ${first}`, `{ payments(first: ${first}) { edges { node { id } } } }`, ['BAD_USER_INPUT'])
  yield query(
    'pages within pages',
    '{ me { wallets { payments(first: 100) { edges { node { from { payments(first: 100) { edges { node { id } } } } } } } } } }',
    TOO_COMPLEX,
  )
  yield {
    name: 'a body of 2 MiB',
    ...json({ query: `{ me { id } } #${'x'.repeat(2 * 1024 * 1024)}` }),
    meets: [...BAD_REQUEST, ...TOO_COMPLEX],
  }
  yield query('a string of 900 KiB', `{ payment(id: "${'x'.repeat(900 * 1024)}") { id } }`, ['data', 'BAD_USER_INPUT'])
}

function* documents(): Generator<Attack> {
  const broken = [
    '',
    '{',
    '}',
    '{}',
    'query',
    '{ me { } }',
    'query { me { id }',
    '\u0000',
    '{ me { id } } }',
    '"""',
    '{ me(id: ) { id } }',
    'subscription',
    '# nothing',
    '{ "me" }',
    '\\u0000',
    '{ me { id \u202e } }',
  ]
  for (const document of broken)
    yield query(`the document ${JSON.stringify(document)}`, document, [...UNPARSED, ...BAD_REQUEST, ...INVALID])
  yield query('a cycle of fragments', '{ me { ...a } } fragment a on Profile { ...b } fragment b on Profile { ...a }', [
    ...INVALID,
    ...TOO_COMPLEX,
  ])
  yield query('a fragment of itself', '{ me { ...a } } fragment a on Profile { ...a }', [...INVALID, ...TOO_COMPLEX])
  yield query('an unknown fragment', '{ me { ...nobody } }', INVALID)
  yield query('two operations, none named', 'query A { me { id } } query B { me { id } }', [
    ...BAD_REQUEST,
    'OPERATION_RESOLUTION_FAILURE',
  ])
  yield query('a definition of a type', 'type Query { me: String }', [
    ...INVALID,
    ...BAD_REQUEST,
    'OPERATION_RESOLUTION_FAILURE',
  ])
  yield query('a subscription over HTTP', 'subscription { rateChanged { pair } }', [...BAD_REQUEST, ...INVALID])
  for (const field of [
    '_service { sdl }',
    '_entities(representations: [{__typename: "Wallet", id: "1"}]) { __typename }',
    'paymentWallets(ids: []) { id }',
  ]) {
    yield query(`the internal field ${field}`, `{ ${field} }`, INVALID)
  }
  for (const field of [
    'postJournals(input: [])',
    'decide(input: [])',
    'retireJournals(ids: [])',
    'openAccount(input: {}) { id }',
  ]) {
    yield query(`the internal field ${field}`, `mutation { ${field} }`, INVALID)
  }
  yield query('a type that is internal', '{ __type(name: "JournalInput") { name } }', ['data', ...INVALID])
  for (const directive of [
    '@requiresScopes(scopes: [[]])',
    '@inaccessible',
    '@join__field(graph: LEDGER)',
    '@live',
    '@defer',
    '@stream',
  ]) {
    yield query(`the directive ${directive}`, `{ me { id ${directive} } }`, INVALID)
  }
}

const INJECTIONS = [
  "' or '1'='1",
  "'; drop table payments; --",
  '" or ""="',
  '1; select pg_sleep(10)',
  '\\',
  '%00',
  '../../etc/passwd',
  '{{7*7}}',
  '%24{jndi:ldap://127.0.0.1/a}',
  '<script>alert(1)</script>',
  '\u0000',
  '\ud800',
  '$ne',
  '__proto__',
  'constructor',
  '0x1',
  '1e309',
  'NaN',
  '𝟙',
  ' ',
]

function* strings(): Generator<Attack> {
  const places: [string, string][] = [
    ['payment', 'query ($v: ID!) { payment(id: $v) { id } }'],
    ['wallet', 'query ($v: ID!) { wallet(id: $v) { id } }'],
    ['transfer', 'query ($v: ID!) { transfer(id: $v) { id } }'],
    ['fxQuote', 'query ($v: ID!) { fxQuote(id: $v) { id } }'],
    ['a cursor', 'query ($v: String!) { payments(after: $v) { edges { cursor } } }'],
    ['a pair', 'query ($v: CurrencyPair!) { rate(pair: $v) { mid } }'],
    [
      'an amount',
      'query ($v: String!) { convert(from: { amount: $v, currency: "USD" }, to: "INR") { to { amount } } }',
    ],
  ]
  for (const [place, document] of places) {
    for (const text of INJECTIONS) {
      yield query(
        `${JSON.stringify(text)} as ${place}`,
        document,
        [
          'data',
          'BAD_USER_INPUT',
          'NOT_FOUND',
          'RATE_UNAVAILABLE',
          'AMOUNT_NOT_POSITIVE',
          'UNAUTHORIZED_FIELD_OR_TYPE',
          ...INVALID,
        ],
        { v: text },
      )
    }
  }
}

function* bodies(): Generator<Attack> {
  const values: unknown[] = [
    null,
    1,
    'text',
    [],
    {},
    [{ query: '{ me { id } }' }, { query: '{ me { id } }' }],
    { query: null },
    { query: 1 },
    { query: ['{ me { id } }'] },
    { query: {} },
    { query: '{ me { id } }', variables: [] },
    { query: '{ me { id } }', variables: 'x' },
    { query: '{ me { id } }', operationName: {} },
    { query: '{ me { id } }', operationName: 'nobody' },
    { query: '{ me { id } }', extensions: 1 },
    { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } },
    { query: '{ me { id } }', extensions: { persistedQuery: { version: 1, sha256Hash: 'b'.repeat(64) } } },
    { extensions: { persistedQuery: { version: 9, sha256Hash: 'x' } } },
  ]
  for (const value of values) {
    yield {
      name: `the body ${JSON.stringify(value)}`,
      ...json(value),
      meets: [
        ...BAD_REQUEST,
        ...UNPARSED,
        'OPERATION_RESOLUTION_FAILURE',
        'PERSISTED_QUERY_NOT_FOUND',
        'PERSISTED_QUERY_NOT_SUPPORTED',
        'data',
      ],
    }
  }
  const texts = [
    '',
    '{',
    '{"query":',
    '{"query":"{ me { id } }"',
    'query=%7Bme%7Bid%7D%7D',
    '\u0000',
    '{"query":"\\ud800"}',
    `{"query":"{ me { id } }","variables":${'['.repeat(50_000)}`,
    '{"__proto__":{"query":"{ me { id } }"}}',
    'null',
    '[]',
  ]
  for (const text of texts)
    yield { name: `the bytes ${text.slice(0, 40)}`, ...raw(text), meets: [...BAD_REQUEST, ...UNPARSED] }
  yield {
    name: 'bytes that are no UTF-8',
    ...raw(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])),
    meets: BAD_REQUEST,
  }
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/xml',
    'application/json; charset=utf-7',
    '',
  ]) {
    yield {
      name: `the media type "${type}"`,
      ...raw('{"query":"{ me { id } }"}', type),
      meets: [...BAD_REQUEST, 'data', 'UNSUPPORTED_MEDIA_TYPE'],
    }
  }
  const pollution = 'mutation ($input: OpenWalletInput!) { openWallet(input: $input) { id } }'
  for (const key of ['__proto__', 'constructor', 'prototype', 'toString']) {
    yield {
      name: `an input with ${key}`,
      ...raw(
        `{"query":${JSON.stringify(pollution)},"variables":{"input":{"idempotencyKey":"k","currency":"USD","${key}":{"scopes":["all"]}}}}`,
      ),
      meets: ['BAD_USER_INPUT', 'BAD_REQUEST'],
    }
  }
}

function* requests(): Generator<Attack> {
  const get = (document: string): string => `/graphql?query=${encodeURIComponent(document)}`
  const preflighted = { 'apollo-require-preflight': '1' }
  yield {
    name: 'a mutation by GET',
    method: 'GET',
    path: get('mutation { resendEmailVerification }'),
    headers: preflighted,
    meets: BAD_REQUEST,
  }
  yield {
    name: 'a query by GET without a preflight',
    method: 'GET',
    path: get('{ me { id } }'),
    headers: { 'content-type': 'text/plain' },
    meets: BAD_REQUEST,
  }
  for (const method of ['PUT', 'DELETE', 'PATCH'] as const)
    yield {
      name: method,
      method,
      ...raw('{"query":"{ me { id } }"}'),
      meets: [...BAD_REQUEST, 'METHOD_NOT_ALLOWED', ...NOT_FOUND],
    }
  const paths = [
    '/graphql/',
    '/graphql/..',
    '/GRAPHQL',
    '/.env',
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/callbacks/..%2f..%2fgraphql',
    '/callbacks/unknown',
    '/callbacks/',
    '/downloads/none',
    '/downloads/..%2f..',
    '/downloads/',
    '/_debug',
    '/metrics',
    '/graphql%00',
    '/favicon.ico\u0000',
  ]
  for (const path of paths)
    yield {
      name: `POST ${JSON.stringify(path)}`,
      path: encodeURI(path),
      ...raw('{"query":"{ me { id } }"}'),
      meets: [...NOT_FOUND, ...BAD_REQUEST, 'SIGNATURE_INVALID', 'data', 'METHOD_NOT_ALLOWED'],
    }
  yield {
    name: 'a callback without a signature',
    path: '/callbacks/sandbox',
    ...raw('{}'),
    meets: ['SIGNATURE_INVALID'],
  }
  yield {
    name: 'a callback of 65 KiB',
    path: '/callbacks/sandbox',
    ...raw('x'.repeat(65 * 1024)),
    meets: [...BAD_REQUEST, ...TOO_COMPLEX, 'SIGNATURE_INVALID'],
  }
  const credentials = [
    'Bearer',
    'Bearer ',
    'Bearer a',
    'Bearer a.b.c',
    'Basic YWRtaW46YWRtaW4=',
    'bearer null',
    `Bearer ${'a'.repeat(7_000)}`,
    'Bearer a, Bearer b',
    'Negotiate x',
  ]
  for (const authorization of credentials) {
    yield {
      name: `the credential ${authorization.slice(0, 24)}`,
      ...json({ query: '{ me { id } }' }),
      headers: { 'content-type': 'application/json', authorization },
      meets: ['UNAUTHENTICATED'],
    }
  }
  const headers: Record<string, string>[] = [
    { 'x-jwt-assertion': 'a.b.c' },
    { 'x-http-method-override': 'GET' },
    { traceparent: '00-x' },
    { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00` },
    { 'x-forwarded-for': "127.0.0.1' or 1=1" },
    { 'x-idempotency': 'k'.repeat(5_000) },
    { host: 'evil.example' },
    { 'x-original-url': '/metrics' },
    { 'apollo-federation-include-trace': 'ftv1' },
    { origin: 'https://evil.example' },
    { 'content-encoding': 'gzip' },
  ]
  for (const extra of headers) {
    yield {
      name: `the header ${JSON.stringify(extra).slice(0, 60)}`,
      body: JSON.stringify({ query: '{ __typename }' }),
      headers: { 'content-type': 'application/json', ...extra },
      meets: ['data', 'UNAUTHENTICATED', ...BAD_REQUEST],
    }
  }
}

/** Every attack over HTTP. */
export const httpAttacks = (): Attack[] => [...sizes(), ...documents(), ...strings(), ...bodies(), ...requests()]

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
