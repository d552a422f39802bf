import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from './settings.ts'

export interface Credentials {
  readonly consumerKey: string
  readonly consumerSecret: string
  readonly callbackUrl: string
}

const OWNER_ONLY = 0o600
const OTHERS = 0o077
const NAME = /^[A-Za-z0-9_-]{1,100}$/

/** Keeps an application's keys where only the owner reads them. They are never printed. */
export function saveCredentials(settings: Settings, application: string, credentials: Credentials): void {
  writeForOwner(settings, fileOf(settings, application), `${JSON.stringify(credentials, null, 2)}\n`)
}

/** By what the platform's services sign in to Identity Server, as variables of docker-compose.yml. */
export interface ServiceCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

export const serviceCredentialsFile = ({ credentialsFolder }: Settings): string =>
  join(credentialsFolder, 'corridor-services.env')

/** Whether they are in the file, and its owner alone can read it. */
export function areServiceCredentialsKept(settings: Settings, credentials: ServiceCredentials): boolean {
  const file = serviceCredentialsFile(settings)
  return existsSync(file) && readFileSync(file, 'utf8') === variablesOf(credentials) && isForOwner(file)
}

export function saveServiceCredentials(settings: Settings, credentials: ServiceCredentials): void {
  writeForOwner(settings, serviceCredentialsFile(settings), variablesOf(credentials))
}

const variablesOf = ({ clientId, clientSecret }: ServiceCredentials): string =>
  `IDENTITY_CLIENT_ID=${clientId}\nIDENTITY_CLIENT_SECRET=${clientSecret}\n`

const isForOwner = (file: string): boolean => (statSync(file).mode & OTHERS) === 0

function writeForOwner({ credentialsFolder }: Settings, file: string, text: string): void {
  mkdirSync(credentialsFolder, { recursive: true, mode: 0o700 })
  writeFileSync(file, text, { mode: OWNER_ONLY })
  chmodSync(file, OWNER_ONLY) // One that was there keeps its mode.
}

/** Of the environment (`WSO2_CONSUMER_KEY`, `WSO2_CONSUMER_SECRET`), else of the file that create-app wrote. */
export function readCredentials(
  settings: Settings,
  application: string,
  env: Readonly<Record<string, string | undefined>>,
): Credentials {
  const { WSO2_CONSUMER_KEY: consumerKey, WSO2_CONSUMER_SECRET: consumerSecret } = env
  if (consumerKey !== undefined && consumerSecret !== undefined) {
    return { consumerKey, consumerSecret, callbackUrl: env.WSO2_CALLBACK_URL ?? DEFAULT_CALLBACK_URL }
  }
  const file = fileOf(settings, application)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Credentials // Written by saveCredentials.
  } catch (error) {
    throw new Error(`No keys of ${application}: ${file} cannot be read. npm run wso2 -- create-app ${application}`, {
      cause: error,
    })
  }
}

/** Where the authorization-code command listens for the browser. */
export const DEFAULT_CALLBACK_URL = 'http://localhost:8765/callback'

function fileOf({ credentialsFolder }: Settings, application: string): string {
  if (!NAME.test(application)) throw new Error('An application is named by letters, digits, _ and -.')
  return join(credentialsFolder, `${application}.json`)
}
