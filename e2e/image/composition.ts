import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** A container of the composition. */
export interface ComposedPart {
  readonly name: string
  readonly command: readonly string[]
  /** Its variables, with the defaults of the file for what is not set. */
  readonly env: Readonly<Record<string, string>>
  /** What asks whether it is ready, where something does. */
  readonly probe: readonly string[] | null
}

interface Service {
  readonly command?: string | readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly healthcheck?: { readonly test?: readonly string[] }
}

const ENV_FILE = '--env-file='
const WORD_OF_CMD = 'CMD'

/** The parts of docker-compose.yml: every container that starts with the settings of a part. */
export function readParts(file: string, variables: Readonly<Record<string, string>>): readonly ComposedPart[] {
  return readComposition(file, variables).filter(({ command }) => command[0]?.startsWith(ENV_FILE))
}

/** All containers of the file. */
export function readComposition(file: string, variables: Readonly<Record<string, string>>): readonly ComposedPart[] {
  const { services } = parse(readFileSync(file, 'utf8'), { merge: true }) as { services: Record<string, Service> } // Compose's format.
  return Object.entries(services).map(([name, { command = [], environment = {}, healthcheck }]) => ({
    name,
    command: [command].flat(),
    env: Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, filled(String(value), variables)])),
    probe: healthcheck?.test?.filter((word) => word !== WORD_OF_CMD) ?? null,
  }))
}

/** `${NAME:-default}` and its kin, as Compose fills them in. */
const filled = (text: string, variables: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\{(\w+)(?::[-?]([^}]*))?\}/g, (_, name: string, absent = '') => variables[name] || absent)
