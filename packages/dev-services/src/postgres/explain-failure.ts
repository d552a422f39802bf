import { StartError } from '../start-error.ts'

const TAIL_LINES = 3

/** What the server or initdb said, as one sentence with a remedy; its last words where the cause is not a known one. */
export function explainFailure(output: string, where: string): StartError {
  if (/No space left on device|could not (write|extend).*disk/i.test(output)) {
    return new StartError(`The disk is full: PostgreSQL cannot write to ${where}.`, 'free some space and start again')
  }
  if (/Address already in use/i.test(output)) {
    return new StartError('The port of PostgreSQL is taken by another program.', 'stop it, or choose another port')
  }
  if (/Permission denied/i.test(output)) {
    return new StartError(`PostgreSQL may not use ${where}.`, 'give its user the right to, or start with --reset')
  }
  if (
    /invalid checkpoint|could not locate|not a valid|incompatible with|PANIC|corrupt|could not (open|read)|lacks? /i.test(
      output,
    )
  ) {
    return new StartError(
      `The data of PostgreSQL is broken (${lastWords(output)}).`,
      'restore .data from a backup, or begin anew with npm start -- --reset',
    )
  }
  return new StartError(`PostgreSQL did not start (${lastWords(output)}).`, `look into ${where}`)
}

const lastWords = (output: string): string => output.trim().split('\n').slice(-TAIL_LINES).join(' ').slice(0, 300)
