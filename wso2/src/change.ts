import type { Output } from './output.ts'

/** One difference between what is and what shall be, and how it is made to go away. */
export interface Change {
  /** `+` is made, `~` is altered, `-` is removed. */
  readonly sign: '+' | '~' | '-'
  readonly what: string
  /** What differs, a line each: `throttlingPolicy: Unlimited -> CorridorEvents`. */
  readonly details?: readonly string[]
  apply(): Promise<void>
}

/** Looks at one part of a product. What it finds is what is missing now: a second run right after finds nothing. */
export interface Step {
  readonly name: string
  look(): Promise<readonly Change[]>
}

/**
 * Brings the products to what shall be, step by step; each looks only after the one before has been applied. With
 * `dryRun` nothing is applied: later steps then see what is not there yet as all to be made.
 *
 * @returns how many changes there were.
 */
export async function runSteps(steps: readonly Step[], options: { dryRun: boolean; output: Output }): Promise<number> {
  const { dryRun, output } = options
  let count = 0
  for (const step of steps) {
    const changes = await step.look()
    output.line(`${step.name}: ${changes.length === 0 ? 'as it shall be' : summaryOf(changes)}`)
    for (const change of changes) {
      output.line(`  ${change.sign} ${change.what}`)
      for (const detail of change.details ?? []) output.line(`      ${detail}`)
      if (!dryRun) await change.apply()
      count++
    }
  }
  output.line(closing(count, dryRun))
  return count
}

const summaryOf = (changes: readonly Change[]): string =>
  changes.length === 1 ? '1 change' : `${changes.length} changes`

function closing(count: number, dryRun: boolean): string {
  if (count === 0) return 'Nothing to change.'
  return dryRun ? `${count} changes, none applied: this was a dry run.` : `${count} changes applied.`
}

/** What differs, a line each. Values are compared as JSON; only fields of `wanted` are looked at. */
export function differences(actual: object, wanted: object): string[] {
  return Object.entries(wanted).flatMap(([name, value]) => {
    const [is, shall] = [stable(Reflect.get(actual, name)), stable(value)]
    return is === shall ? [] : [`${name}: ${is} -> ${shall}`]
  })
}

/** JSON with the keys of objects in order, so that equal values have equal texts. */
function stable(value: unknown): string {
  const ordered = (_: string, part: unknown): unknown =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part
  return JSON.stringify(value, ordered) ?? 'nothing'
}
