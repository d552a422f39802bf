import { createHmac, timingSafeEqual } from 'node:crypto'
import { accept, Fault, refuse } from '@corridor/platform'
import type { KycFinding } from '../domain/kyc.ts'
import type { KycLevel } from '../domain/profile.ts'
import { listMember, member, requestJson, textMember } from '../far-side/request-json.ts'
import type { CallbackRequest, KycProvider } from './kyc-provider.ts'

export interface ComplyCubeOptions {
  readonly apiKey: string
  /** Of the webhook that is configured with ComplyCube. */
  readonly webhookSecret: string
  /** Where the customer comes back to. */
  readonly returnUrl: string
  /** https://api.complycube.com/v1 */
  readonly apiUrl?: string
}

const DEFAULT_API_URL = 'https://api.complycube.com/v1'
const SIGNATURE_HEADER = 'complycube-signature'
const CHECKS: Readonly<Record<KycLevel, readonly string[]>> = {
  BASIC: ['document_check', 'identity_check'],
  ENHANCED: ['document_check', 'identity_check', 'proof_of_address_check', 'extensive_screening_check'],
}
const OK = 200
const CREATED = 201

/**
 * ComplyCube by its API, version 1: a client per check of ours (`POST /clients`), a session of its hosted page
 * (`POST /flow/sessions`), and webhooks, signed with HMAC-SHA256 in `complycube-signature`. A webhook is a hint alone: how
 * the checks stand is asked for (`GET /checks`). What is not clear goes to an officer.
 */
export function complyCubeProvider(options: ComplyCubeOptions): KycProvider {
  const { apiKey, webhookSecret, returnUrl, apiUrl = DEFAULT_API_URL } = options
  const call = async (method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> => {
    const answer = await requestJson({
      method,
      url: new URL(`${apiUrl}${path}`),
      whom: 'ComplyCube',
      headers: { authorization: apiKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (answer.status === OK || answer.status === CREATED) return answer.body
    throw new Fault('PROVIDER_FAILED', `ComplyCube answered with status ${answer.status}.`, { retryable: false })
  }
  const required = (answer: unknown, name: string): string => {
    const text = textMember(answer, name)
    if (text === null) throw new Fault('PROVIDER_FAILED', `ComplyCube answered without ${name}.`, { retryable: false })
    return text
  }

  return {
    name: 'complycube',
    async start({ checkId, level, applicant }) {
      const { email, givenName, familyName, country } = applicant
      const client = await call('POST', '/clients', {
        type: 'person',
        externalId: checkId,
        ...(email === null ? {} : { email }),
        personDetails: {
          firstName: givenName ?? '',
          lastName: familyName ?? '',
          ...(country === null ? {} : { nationality: country }),
        },
      })
      const clientId = required(client, 'id')
      const session = await call('POST', '/flow/sessions', {
        clientId,
        checkTypes: CHECKS[level],
        successUrl: returnUrl,
        cancelUrl: returnUrl,
      })
      return { reference: clientId, redirectUrl: required(session, 'redirectUrl') }
    },
    async read(request) {
      if (!isSigned(request, webhookSecret)) return refuse('SIGNATURE_INVALID')
      const event = parse(request.body)
      const eventId = textMember(event, 'id')
      const clientId = textMember(member(event, 'payload'), 'clientId')
      if (eventId === null) return refuse('BAD_USER_INPUT', 'The event has no id.')
      if (clientId === null) return accept(null)
      const checks = await call('GET', `/checks?${new URLSearchParams({ clientId, pageSize: '100' })}`)
      return accept({ eventId, reference: clientId, finding: findingOf(listMember(checks, 'items')) })
    },
  }
}

/** Clear where every check is; an officer's where one is not; none while one is under way. */
function findingOf(checks: readonly unknown[]): KycFinding | null {
  if (checks.length === 0 || checks.some((check) => textMember(check, 'status') === 'pending')) return null
  return checks.every((check) => textMember(check, 'outcome') === 'clear') ? 'CLEAR' : 'ATTENTION'
}

function isSigned({ headers, body }: CallbackRequest, secret: string): boolean {
  const header = headers[SIGNATURE_HEADER]
  const given = Buffer.from(typeof header === 'string' ? header : '', 'hex')
  const expected = createHmac('sha256', secret).update(body).digest()
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // Refused by the caller as an event without an id.
    return null
  }
}
