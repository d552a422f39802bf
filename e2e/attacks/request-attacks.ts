import { type Attack, BAD_REQUEST, json, NOT_FOUND, raw, TOO_COMPLEX, UNPARSED } from './attack.ts'

export function* bodies(): Generator<Attack> {
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

export function* requests(): Generator<Attack> {
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
