import { accept, isUuid, type Result, refuse } from '@corridor/platform'

/** What a list holds: countries and accounts are looked up by the rules, names by whoever screens them. */
export type RiskListKind = 'COUNTRIES' | 'ACCOUNTS' | 'NAMES'

export interface RiskListContent {
  readonly kind: RiskListKind
  /** Distinct, in order, each in its one spelling. */
  readonly values: readonly string[]
}

/** Lists that the shipped rule sets ask for by name. */
export const SANCTIONED_COUNTRIES = 'sanctioned-countries'
export const WATCHED_COUNTRIES = 'watched-countries'
export const BLOCKED_ACCOUNTS = 'blocked-accounts'

export const MAX_LIST_ENTRIES = 50_000
const MAX_NAME_LENGTH = 200
const LIST_NAME = /^[a-z][a-z0-9-]{0,62}$/
const COUNTRY = /^[A-Z]{2}$/

interface Column {
  readonly kind: RiskListKind
  readonly normalise: (text: string) => string
  readonly isValid: (value: string) => boolean
  readonly expects: string
}

/** The first column's heading says what the list holds. */
const COLUMNS: Readonly<Record<string, Column>> = {
  country: {
    kind: 'COUNTRIES',
    normalise: (text) => text.toUpperCase(),
    isValid: (value) => COUNTRY.test(value),
    expects: 'a country code of ISO 3166-1, two letters',
  },
  account: {
    kind: 'ACCOUNTS',
    normalise: (text) => text.toLowerCase(),
    isValid: isUuid,
    expects: 'the id of a wallet or of a customer',
  },
  name: {
    kind: 'NAMES',
    normalise: (text) => text.normalize('NFC').replace(/\s+/g, ' '),
    isValid: (value) => value.length <= MAX_NAME_LENGTH,
    expects: `a name of at most ${MAX_NAME_LENGTH} characters`,
  },
}

export function checkListName(name: string): Result<string> {
  if (LIST_NAME.test(name)) return accept(name)
  return refuse('BAD_USER_INPUT', 'name must be lower-case letters, digits and dashes, a letter first.', 'name')
}

/**
 * What rows of a CSV file hold: a heading, then one value a row in the first column; other columns are notes and left out.
 * A row that is wrong refuses the whole file, naming its line: half a list is worse than the old one.
 */
export function listOf(rows: readonly (readonly string[])[]): Result<RiskListContent> {
  const [heading, ...entries] = rows
  const column = COLUMNS[heading?.[0]?.trim().toLowerCase() ?? '']
  if (!column) return refuse('BAD_USER_INPUT', `csv must begin with ${Object.keys(COLUMNS).join(', or ')}.`, 'csv')
  if (entries.length > MAX_LIST_ENTRIES) {
    return refuse('BATCH_TOO_LARGE', `A list has at most ${MAX_LIST_ENTRIES} entries.`, 'csv')
  }
  const values = new Set<string>()
  for (const [index, [text = '']] of entries.entries()) {
    const value = column.normalise(text.trim())
    if (value === '' || !column.isValid(value)) {
      return refuse('BAD_USER_INPUT', `csv, entry ${index + 1}: expected ${column.expects}.`, 'csv')
    }
    values.add(value)
  }
  return accept({ kind: column.kind, values: [...values].sort() })
}
