/** The router of the platform with authentication, scopes and limits on. Arguments: port, supergraph, JWKS. */
import { readFileSync } from 'node:fs'
import { createSigner, generateInternalKeyPair, silentLogger, systemClock } from '@corridor/platform'
import { createRouter } from '@corridor/router'
import { createLocalJWKSet } from 'jose'
import { AUDIENCE, ISSUER } from './tokens.ts'

const [port = '', supergraph = '', jwks = ''] = process.argv.slice(2)
const { privateJwk } = await generateInternalKeyPair()
const router = createRouter({
  supergraphSdl: readFileSync(supergraph, 'utf8'),
  signer: createSigner({ issuer: 'router', privateJwk, clock: systemClock }),
  identity: { issuer: ISSUER, audience: AUDIENCE, jwks: createLocalJWKSet(JSON.parse(readFileSync(jwks, 'utf8'))) },
  authModes: ['bearer'],
  clock: systemClock,
  logger: silentLogger,
  allowedOrigins: [],
  callbackOwners: {},
  // Counted as ever; but here one address, and at times one caller, stands for thousands.
  limits: { callerRequestsPerSecond: 100_000, addressRequestsPerSecond: 100_000, connectionsPerAddress: 100_000 },
  production: true,
})
const running = await router.listen(Number(port))
process.once('SIGTERM', () => void running.close().then(() => process.exit(0)))
