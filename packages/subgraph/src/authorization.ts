import type { Verifier } from '@corridor/platform'
import type { SubgraphContext } from './context.ts'

const BEARER = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/

/** The verified call of an `Authorization` header; null without a token that this subgraph takes. */
export async function callOf(authorization: unknown, verifier: Verifier): Promise<SubgraphContext | null> {
  const token = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined
  return token === undefined ? null : await verifier.verify(token)
}
