import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runSteps, type Step } from './change.ts'
import { health, waitForProducts } from './commands/health.ts'
import { GRANTS, readSecret } from './commands/token.ts'
import { addUser, changeRole, deleteUser, listRoles, listUsers, setUserActive, showUser } from './commands/users.ts'
import { type Connections, connect } from './connections.ts'
import { DEFAULT_CALLBACK_URL, readCredentials } from './credentials.ts'
import { type Desired, desiredState } from './desired.ts'
import type { Pace } from './http/wait.ts'
import type { Output } from './output.ts'
import { readSettings, type Settings } from './settings.ts'
import { applicationSteps } from './steps/application.ts'
import { deployStep } from './steps/deploy.ts'
import { keyManagerStep } from './steps/key-manager.ts'
import { policiesStep } from './steps/policies.ts'
import { workingCopyStep } from './steps/publish.ts'
import { identityScopesStep, rolesStep, scopesStep } from './steps/roles.ts'
import { servicesSteps } from './steps/services.ts'
import { teardownSteps } from './steps/teardown.ts'
import { webSteps } from './steps/web.ts'

export interface CliOptions {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** For people. */
  readonly output: Output
  /** For programs: a token and nothing else. */
  readonly print: (text: string) => void
  readonly supergraphFile: string
  readonly pace?: Pace
}

const USAGE = `npm run wso2 -- <command> [--dry-run]

  health                                   whether both products are ready
  setup-all                                everything below up to setup-web, after waiting for the products
  setup-key-manager                        Identity Server as a key manager of API Manager
  setup-roles                              the roles, in Identity Server
  setup-scopes                             shared scopes with their roles, in both products
  publish [--redeploy]                     schema, operations with scopes, policies; deployed, seen live, published
  setup-services                           the services' own application in Identity Server, its keys in a file
  setup-web                                the web app's public application in Identity Server
  create-app <name> [--grants a,b] [--scopes a,b] [--callback-url url] [--replace-keys]
  token <grant> [--app name] [--scopes a,b] [--user name] [--file path]
        grants: ${Object.keys(GRANTS).join(', ')}
  user add <name> --email address [--given-name n] [--family-name n] [--roles a,b]   password: WSO2_USER_PASSWORD
  user list | show <name> | activate <name> | deactivate <name> | delete <name>
  role list | assign <role> <user> | remove <role> <user>
  teardown [--apps a,b]                    takes away what was set up; users stay

Settings are read from the environment: see .env.example.`

const OPTIONS = {
  'dry-run': { type: 'boolean', default: false },
  redeploy: { type: 'boolean', default: false },
  'replace-keys': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  grants: { type: 'string', default: 'authorization_code,refresh_token,password' },
  scopes: { type: 'string' },
  'callback-url': { type: 'string', default: DEFAULT_CALLBACK_URL },
  app: { type: 'string', default: 'corridor-console' },
  apps: { type: 'string', default: 'corridor-console' },
  user: { type: 'string' },
  file: { type: 'string' },
  email: { type: 'string' },
  'given-name': { type: 'string' },
  'family-name': { type: 'string' },
  roles: { type: 'string', default: 'user' },
} as const

/** What was typed is no command, or lacks something: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** One command, whole: what it needs, what it does. */
interface Invocation {
  readonly values: ReturnType<typeof parse>['values']
  readonly rest: readonly string[]
  readonly settings: Settings
  readonly connections: Connections
  readonly options: CliOptions
  desired(): Desired
  run(steps: readonly Step[]): Promise<void>
}

type Command = (invocation: Invocation) => Promise<number | undefined>

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })

const COMMANDS: Readonly<Record<string, Command>> = {
  health: async ({ connections, options }) => ((await health(connections, options.output)) ? 0 : 1),
  'setup-all': async ({ connections, settings, options, desired, run, values }) => {
    if (!values['dry-run']) await waitForProducts(connections, options.output)
    await run([
      policiesStep(connections, desired()),
      keyManagerStep(connections, settings),
      rolesStep(connections, desired()),
      scopesStep(connections, desired()),
      identityScopesStep(connections, desired()),
      workingCopyStep(connections, desired(), settings),
      deployStep(connections, desired(), settings),
      ...servicesSteps(connections, settings),
      ...webSteps(connections, desired(), settings),
    ])
    return undefined
  },
  'setup-key-manager': async ({ connections, settings, run }) => {
    await run([keyManagerStep(connections, settings)])
    return undefined
  },
  'setup-roles': async ({ connections, desired, run }) => {
    await run([rolesStep(connections, desired())])
    return undefined
  },
  'setup-scopes': async ({ connections, desired, run }) => {
    await run([scopesStep(connections, desired()), identityScopesStep(connections, desired())])
    return undefined
  },
  'setup-services': async ({ connections, settings, run }) => {
    await run(servicesSteps(connections, settings))
    return undefined
  },
  'setup-web': async ({ connections, settings, desired, run }) => {
    await run(webSteps(connections, desired(), settings))
    return undefined
  },
  publish: async ({ connections, settings, desired, run, values }) => {
    await run([
      policiesStep(connections, desired()),
      workingCopyStep(connections, desired(), settings),
      deployStep(connections, desired(), settings, { redeploy: values.redeploy }),
    ])
    return undefined
  },
  'create-app': async ({ connections, settings, desired, run, rest, values }) => {
    const wanted = {
      name: one(rest, 'create-app <name>'),
      grants: listOf(values.grants),
      callbackUrl: values['callback-url'],
      scopes: values.scopes === undefined ? undefined : listOf(values.scopes),
      replaceKeys: values['replace-keys'],
    }
    await run(applicationSteps(connections, desired(), settings, wanted))
    return undefined
  },
  token: async ({ settings, options, rest, values }) => {
    const name = one(rest, 'token <grant>')
    const grant = Object.hasOwn(GRANTS, name) ? GRANTS[name] : undefined
    if (grant === undefined) throw new UsageError(`There is no grant ${name}: ${Object.keys(GRANTS).join(', ')}.`)
    const context = {
      settings,
      credentials: readCredentials(settings, values.app, options.env),
      scopes: values.scopes === undefined ? [] : listOf(values.scopes),
      output: options.output,
    }
    const given = { user: values.user, file: values.file }
    const secrets = { password: options.env.WSO2_USER_PASSWORD, read: readSecret }
    const { access_token, scope, expires_in } = await grant(context, given, secrets)
    options.output.line(`Lasts ${expires_in} s, with: ${scope ?? 'no scope'}`)
    options.print(access_token)
    return undefined
  },
  user: async (invocation) => {
    await userCommand(invocation)
    return undefined
  },
  role: async (invocation) => {
    await roleCommand(invocation)
    return undefined
  },
  teardown: async ({ connections, settings, desired, run, values }) => {
    await run(teardownSteps(connections, desired(), settings, listOf(values.apps)))
    return undefined
  },
}

/** @returns the exit code of a script: 0 done, 1 not ready. @throws {UsageError} and whatever the products refuse. */
export async function runCli(options: CliOptions): Promise<number> {
  const { values, positionals } = parse(options.args)
  const [name = '', ...rest] = positionals
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (values.help) {
    options.output.line(USAGE)
    return 0
  }
  if (command === undefined) throw new UsageError(name === '' ? USAGE : `There is no command ${name}.\n\n${USAGE}`)
  const settings = readSettings(options.env)
  const connections = connect(settings, options.pace)
  let desired: Desired | undefined
  try {
    const code = await command({
      values,
      rest,
      settings,
      connections,
      options,
      desired: () => {
        desired ??= desiredState(readFileSync(options.supergraphFile, 'utf8'), settings)
        return desired
      },
      run: async (steps) => {
        await runSteps(steps, { dryRun: values['dry-run'], output: options.output })
      },
    })
    return code ?? 0
  } finally {
    await connections.close()
  }
}

async function userCommand({ connections, options, rest, values }: Invocation): Promise<void> {
  const [action = '', ...names] = rest
  if (action === 'list') return listUsers(connections, options.output)
  const userName = one(names, `user ${action} <name>`)
  switch (action) {
    case 'show':
      return showUser(connections, userName, options.output)
    case 'activate':
    case 'deactivate':
      return setUserActive(connections, userName, action === 'activate', options.output)
    case 'delete':
      return deleteUser(connections, userName, options.output)
    case 'add': {
      const password = options.env.WSO2_USER_PASSWORD
      if (values.email === undefined || password === undefined) {
        throw new UsageError('Give --email, and the password as WSO2_USER_PASSWORD.')
      }
      const { 'given-name': givenName = userName, 'family-name': familyName = userName, email } = values
      const user = { userName, password, email, givenName, familyName }
      return addUser(connections, user, listOf(values.roles), options.output)
    }
    default:
      throw new UsageError(`There is no user ${action}.\n\n${USAGE}`)
  }
}

async function roleCommand({ connections, options, rest, desired }: Invocation): Promise<void> {
  const [action = '', role = '', userName = ''] = rest
  if (action === 'list') return listRoles(connections, [...desired().roles.keys()], options.output)
  if ((action !== 'assign' && action !== 'remove') || userName === '') {
    throw new UsageError(`role assign <role> <user>, role remove <role> <user>, role list\n\n${USAGE}`)
  }
  return changeRole(connections, { role, userName, assigned: action === 'assign' }, options.output)
}

function one(values: readonly string[], usage: string): string {
  const [value] = values
  if (value === undefined || values.length > 1) throw new UsageError(`npm run wso2 -- ${usage}`)
  return value
}

const listOf = (text: string): string[] => text.split(',').filter((item) => item !== '')
