/** What a command that asks the running platform says of its failure. */
export function describeFailure(error: unknown): string {
  const isAway = error instanceof TypeError && error.message === 'fetch failed' // As fetch has it when nobody answers.
  if (isAway) return `The platform is not running: start it with npm start. If it runs, ${REPEAT_OFFSET}.`
  return error instanceof Error ? error.message : String(error)
}

const REPEAT_OFFSET = 'give this command the PLATFORM_PORT_OFFSET that it was started with'
