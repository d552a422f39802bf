import { readFileSync } from 'node:fs'
import { authorizationCode, device, type GrantContext, requestToken, type TokenAnswer } from './grants.ts'

/** Secrets of a grant: never arguments, which every process of the machine can read. */
export interface GrantSecrets {
  /** `WSO2_USER_PASSWORD` */
  readonly password: string | undefined
  /** A refresh token, an assertion or a subject token: the first line of standard input or of `--file`. */
  read(file: string | undefined): string
}

export interface GrantArguments {
  readonly user: string | undefined
  readonly file: string | undefined
}

type Grant = (context: GrantContext, given: GrantArguments, secrets: GrantSecrets) => Promise<TokenAnswer>

const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt'

/** Each grant that Identity Server 7.1 offers, by the name it has on the command line. */
export const GRANTS: Readonly<Record<string, Grant>> = {
  'client-credentials': (context) => requestToken(context, { grant_type: 'client_credentials' }),
  password: (context, { user }, { password }) => {
    if (user === undefined || password === undefined)
      throw new Error('Give --user, and the password as WSO2_USER_PASSWORD.')
    return requestToken(context, { grant_type: 'password', username: user, password })
  },
  refresh: (context, { file }, secrets) =>
    requestToken(context, { grant_type: 'refresh_token', refresh_token: secrets.read(file) }),
  'authorization-code': (context) => authorizationCode(context),
  device: (context) => device(context),
  'jwt-bearer': (context, { file }, secrets) =>
    requestToken(context, {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: secrets.read(file),
    }),
  'token-exchange': (context, { file }, secrets) =>
    requestToken(context, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: secrets.read(file),
      subject_token_type: JWT_TYPE,
    }),
}

/** Standard input, unless a file is named. */
export const readSecret = (file: string | undefined): string => {
  const text = readFileSync(file ?? 0, 'utf8').trim()
  if (text === '') throw new Error('The token or assertion is empty: give it on standard input, or name a --file.')
  return text
}
