/** Reads one setting; answers undefined for a bad value. `absent` is used when the variable is not set or empty. */
export interface Setting<T> {
  readonly parse: (text: string) => T | undefined
  readonly absent?: { readonly value: T }
  readonly expects: string
}

type Values<Spec extends Record<string, Setting<unknown>>> = {
  readonly [Name in keyof Spec]: Spec[Name] extends Setting<infer T> ? T : never
}

/** Settings that are missing or wrong, by name. Values are never part of it: they may be secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(readonly problems: readonly string[]) {
    super(`Configuration is not complete:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
  }
}

const MAX_PORT = 65_535

export const text = (absent?: string): Setting<string> => setting((value) => value, 'a text', absent)

export const url = (absent?: string): Setting<string> =>
  setting((value) => (URL.canParse(value) ? value : undefined), 'a URL', absent)

export const port = (absent?: number): Setting<number> =>
  setting((value) => wholeNumber(value, MAX_PORT), 'a port from 0 to 65535', absent)

export const integer = (absent?: number, max: number = Number.MAX_SAFE_INTEGER): Setting<number> =>
  setting((value) => wholeNumber(value, max), `a whole number up to ${max}`, absent)

export const flag = (absent?: boolean): Setting<boolean> =>
  setting((value) => (value === 'true' ? true : value === 'false' ? false : undefined), 'true or false', absent)

export const oneOf = <T extends string>(values: readonly T[], absent?: T): Setting<T> =>
  setting((value) => values.find((candidate) => candidate === value), values.join(' or '), absent)

/** JSON whose shape the caller states; wrong JSON is a bad value. */
export const json = <T>(isValid: (value: unknown) => value is T, expects: string): Setting<T> =>
  setting((value) => {
    try {
      const parsed: unknown = JSON.parse(value)
      return isValid(parsed) ? parsed : undefined
    } catch {
      // The problem is reported by name with all others; the text itself may be a secret.
      return undefined
    }
  }, expects)

export const list = (absent?: readonly string[]): Setting<readonly string[]> =>
  setting(
    (value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    'a list separated by commas',
    absent,
  )

export const optional = <T>(of: Setting<T>): Setting<T | undefined> => ({ ...of, absent: { value: undefined } })

/** Reads all settings at once and fails once, naming every bad one and no value. */
export function readConfig<Spec extends Record<string, Setting<unknown>>>(
  env: Readonly<Record<string, string | undefined>>,
  spec: Spec,
): Values<Spec> {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, { parse, absent, expects }] of Object.entries(spec)) {
    const given = env[name]
    if (given === undefined || given === '') {
      if (absent) values[name] = absent.value
      else problems.push(`${name} is not set; it must be ${expects}`)
      continue
    }
    const value = parse(given)
    if (value === undefined) problems.push(`${name} must be ${expects}`)
    else values[name] = value
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return values as Values<Spec> // Every name of the spec was set above, or we threw.
}

function setting<T>(parse: (value: string) => T | undefined, expects: string, absent?: T): Setting<T> {
  return absent === undefined ? { parse, expects } : { parse, expects, absent: { value: absent } }
}

function wholeNumber(value: string, max: number): number | undefined {
  if (!/^\d{1,16}$/.test(value)) return undefined
  const number = Number(value)
  return number <= max ? number : undefined
}
