import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export interface TokenIssuer {
  /** What access tokens name as their issuer; its discovery document is below it. */
  readonly url: string
  /** An access token of a user with those scopes, for an hour. */
  token(user: { readonly subject: string; readonly scopes: readonly string[] }): Promise<string>
  close(): Promise<void>
}

const AUDIENCE = 'corridor'
const KEY_ID = 'test'

/** An issuer of access tokens for as many users as a test needs: discovery and keys by OpenID Connect, and nothing else. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'RS256', use: 'sig' }] }
  const server = createServer((request, response) => {
    const body = request.url === '/jwks' ? keys : { issuer: url, jwks_uri: `${url}/jwks` }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // A TCP server's address is never a path.
  return {
    url,
    token: ({ subject, scopes }) =>
      new SignJWT({ aut: 'APPLICATION_USER', client_id: 'test', scope: scopes.join(' '), country: 'US' })
        .setProtectedHeader({ alg: 'RS256', kid: KEY_ID })
        .setIssuer(url)
        .setAudience(AUDIENCE)
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
