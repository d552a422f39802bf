import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authenticator } from './authenticator.ts'
import { readBody, send } from './http.ts'
import { errors, type Interaction, type Provider } from './oidc.ts'
import { errorPage, loginPage, PAGE_HEADERS } from './pages.ts'
import { LOGIN_PATH } from './provider.ts'

const PROBLEMS = {
  wrong: { status: 401, text: 'Wrong user name or password.' },
  blocked: { status: 429, text: 'Too many failed logins: wait a minute and try again.' },
} as const

/**
 * The login form of the authorization code grant. Who may use it is decided by the issuer's signed cookie for this one
 * login: it is sent to this address alone and never along with another site's form.
 */
export function createLogin({ provider, authenticator }: { provider: Provider; authenticator: Authenticator }) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const interaction = await findInteraction(provider, request, response)
    if (!interaction || request.url?.split('?')[0] !== pathOf(interaction)) {
      send(response, 400, { headers: PAGE_HEADERS, body: errorPage('login_expired', 'This login is no longer valid.') })
      return
    }
    if (interaction.prompt.name !== 'login') {
      // Consent follows from roles; a client that insists on the question gets its answer at once.
      await provider.interactionFinished(request, response, { consent: {} })
      return
    }
    if (request.method === 'POST') await judge({ provider, authenticator, interaction, request, response })
    else show(response, { interaction })
  }
}

async function judge({
  provider,
  authenticator,
  interaction,
  request,
  response,
}: {
  provider: Provider
  authenticator: Authenticator
  interaction: Interaction
  request: IncomingMessage
  response: ServerResponse
}): Promise<void> {
  const form = new URLSearchParams(await readBody(request))
  const username = form.get('username') ?? ''
  const result = await authenticator.login(username, form.get('password') ?? '')
  if (result.kind === 'accepted') {
    await provider.interactionFinished(request, response, { login: { accountId: result.user.id } })
  } else {
    const { status, text } = PROBLEMS[result.kind]
    show(response, { interaction, status, username, problem: text })
  }
}

function show(
  response: ServerResponse,
  {
    interaction,
    status = 200,
    username,
    problem,
  }: { interaction: Interaction; status?: number; username?: string; problem?: string },
): void {
  const application = String(interaction.params.client_id)
  const body = loginPage({ action: pathOf(interaction), application, username, problem })
  send(response, status, { headers: PAGE_HEADERS, body })
}

async function findInteraction(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  try {
    return await provider.interactionDetails(request, response)
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined
    throw error
  }
}

const pathOf = (interaction: Interaction): string => `${LOGIN_PATH}/${interaction.uid}`
