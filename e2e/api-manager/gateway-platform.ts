import { readFileSync } from 'node:fs'
import { ApiClient, FREE_PORTS, fetchToken, startPlatform } from '@corridor/embedded'
import { silentLogger } from '@corridor/platform'
import { type ApiManagerGateway, startApiManagerGateway } from '@corridor/testing'
import { desiredState, readSettings } from '@corridor/wso2'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { type TestPlatform, testPlatform } from '../journey/platform.ts'

/** A whole platform behind API Manager's gateway, which has what provisioning publishes of the composed schema. */
export interface GatewayPlatform {
  readonly gateway: ApiManagerGateway
  readonly platform: TestPlatform
  readonly url: string
  readonly socketUrl: string
  /** An access token with those scopes; without, with all of the user's roles. */
  token(username: string, scope?: string): Promise<string>
  /** A client that knows the gateway alone, with its token where the gateway looks for it on a handshake. */
  signIn(username: string): Promise<ApiClient>
  /** graphql-transport-ws as the DevPortal's console speaks it: the token in the URL, none in `connection_init`. */
  sockets(token: string): Client
  stop(): Promise<void>
}

export async function startGatewayPlatform(): Promise<GatewayPlatform> {
  const { api, apiObject, weights, policies } = desiredState(
    readFileSync('supergraph.graphql', 'utf8'),
    readSettings({ WSO2_ADMIN_PASSWORD: 'unused' }),
  )
  const context = '/corridor/v1'
  const gateway = await startApiManagerGateway()
  const platform = await testPlatform((dataDirectory) =>
    startPlatform({
      dataDirectory,
      ports: FREE_PORTS,
      logger: silentLogger,
      settleAfterMs: 50,
      external: { apiManager: { jwksUri: gateway.jwksUri, apiContext: context } },
    }),
  )
  const tokenUrl = platform.platform.tokenUrl ?? ''
  const [policy] = policies
  const { url, socketUrl } = gateway.publish({
    context,
    sdl: api.sdl,
    operations: apiObject.operations,
    weights,
    maxDepth: policy?.graphQLMaxDepth ?? 0,
    maxComplexity: policy?.graphQLMaxComplexity ?? 0,
    backendUrl: platform.platform.url,
    keyManager: { issuer: tokenUrl, jwksUri: tokenUrl.replace(/token$/, 'jwks') },
  })
  const opened: { close(): unknown }[] = []
  const token = (username: string, scope?: string): Promise<string> => fetchToken(tokenUrl, username, scope)
  return {
    gateway,
    platform,
    url,
    socketUrl,
    token,
    async signIn(username) {
      const bearer = await token(username)
      const client = new ApiClient(`${url}?access_token=${bearer}`, bearer)
      opened.push(client)
      return client
    },
    sockets(bearer) {
      const client = createClient({
        url: `${socketUrl}?access_token=${bearer}`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      })
      opened.push({ close: () => client.dispose() })
      return client
    },
    async stop() {
      await Promise.all(opened.map((client) => client.close()))
      await gateway.close()
      await platform.stop()
    },
  }
}
