import type { IncomingHttpHeaders } from 'node:http'
import { counter } from '@corridor/platform'

const requests = counter({
  name: 'corridor.graphql.client.requests',
  unit: '{request}',
  description:
    'Requests by what the client calls itself: the first names and versions that come, and all others together.',
  attributes: { client: { first: 30 }, version: { first: 50 } },
})
const NAME = 'apollographql-client-name'
const VERSION = 'apollographql-client-version'
const UNNAMED = 'none'
const MAX_LENGTH = 40
const PLAIN = /^[\w./@+-]+$/
const unnamed = requests.of({ client: UNNAMED, version: UNNAMED })

/** Counts a request by Apollo's headers of client awareness. They are the client's own word, and decide nothing. */
export function countClient(headers: IncomingHttpHeaders): void {
  if (headers[NAME] === undefined) unnamed.add()
  else requests.of(clientOf(headers)).add()
}

/** What the client calls itself, as far as it is a plain name. */
export const clientOf = (headers: IncomingHttpHeaders): { readonly client: string; readonly version: string } => ({
  client: nameOf(headers[NAME]),
  version: nameOf(headers[VERSION]),
})

const nameOf = (given: string | string[] | undefined): string =>
  typeof given === 'string' && given.length <= MAX_LENGTH && PLAIN.test(given) ? given : UNNAMED
