import { StartError } from '@corridor/dev-services'
import { ConfigError, sqlState } from '@corridor/platform'

/** What went wrong at the start as one sentence with its remedy, or undefined for what nobody foresaw. */
export function explainStartFailure(error: unknown, dataDirectory: string): string | undefined {
  if (error instanceof StartError || error instanceof ConfigError) return error.message
  return oneSentence(error, dataDirectory)?.message
}

const DISK_FULL_SQLSTATE = '53100'
const WRONG_PASSWORD_SQLSTATE = '28P01'

function oneSentence(error: unknown, where: string): StartError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause ? cause.code : undefined
    if (code === 'ENOSPC' || code === 'EDQUOT' || sqlState(cause) === DISK_FULL_SQLSTATE) {
      return new StartError(`The disk is full: nothing can be written to ${where}.`, 'free some space and start again')
    }
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      return new StartError(
        `The data folder ${where} may not be written.`,
        'make it yours, or name another one with DATA_DIR',
      )
    }
    if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'EISDIR') {
      return new StartError(
        `The data folder ${where} is broken: something in it is of the wrong kind.`,
        'restore it from a backup, or begin anew with npm start -- --reset',
      )
    }
    if (sqlState(cause) === WRONG_PASSWORD_SQLSTATE) {
      return new StartError(
        `The database does not take the password that ${where} holds.`,
        'restore secrets.json from a backup, or begin anew with npm start -- --reset',
      )
    }
    if (/checksum/i.test(cause.message)) {
      return new StartError(
        'A migration that this database has run is not the file it was.',
        'go back to the committed migrations, or begin anew with npm start -- --reset',
      )
    }
  }
  return undefined
}
