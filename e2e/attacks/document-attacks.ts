import { type Attack, BAD_REQUEST, INVALID, json, query, TOO_COMPLEX, UNPARSED } from './attack.ts'

const nested = (levels: number): string =>
  `{ me { ${'wallets { owner { '.repeat(levels / 2)}id${' } }'.repeat(levels / 2)} } }`
const times = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => of(i)).join(' ')

/** Each fragment spreads the next twice: written out, 2^levels fields. */
const bomb = (levels: number): string =>
  `{ me { ...f0 } } ${times(levels, (i) => `fragment f${i} on Profile { ...f${i + 1} a${i}: id ...f${i + 1} }`)} fragment f${levels} on Profile { id }`

export function* sizes(): Generator<Attack> {
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
  yield query('51 conditions', `{ me { ${'... @include(if: true) { id } '.repeat(51)} } }`, TOO_COMPLEX)
  yield query(
    'root fields out of fragments',
    `{ ...all ... { ...all } } fragment all on Query { ${'me { id } '.repeat(11)} }`,
    TOO_COMPLEX,
  )
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

export function* documents(): Generator<Attack> {
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

export function* strings(): Generator<Attack> {
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
