import { accept, type Result, refuse } from '@corridor/platform'

const MIN_LENGTH = 8
const MAX_LENGTH = 30

/** The first rule that a password does not keep is the answer; the words are Identity Server's own. */
const RULES: readonly { readonly holds: (password: string) => boolean; readonly message: string }[] = [
  { holds: ({ length }) => length >= MIN_LENGTH, message: `The minimum length of password should be ${MIN_LENGTH}.` },
  { holds: ({ length }) => length <= MAX_LENGTH, message: `The maximum length of password can be ${MAX_LENGTH}` },
  { holds: (password) => /\d/.test(password), message: 'The password should contain at least 1 digits.' },
  {
    holds: (password) => /[A-Z]/.test(password),
    message: 'The password should contain at least 1 upper case characters.',
  },
  {
    holds: (password) => /[a-z]/.test(password),
    message: 'The password should contain at least 1 lower case characters.',
  },
]

/**
 * Holds a new password to the policy with which Identity Server 7.1 is delivered (input validation: 8 to 30 characters,
 * a digit, an upper and a lower case letter). A stricter one is enforced by Identity Server itself.
 */
export function checkPassword(password: string, field: string): Result<string> {
  const broken = RULES.find(({ holds }) => !holds(password))
  return broken ? refuse('BAD_USER_INPUT', broken.message, field) : accept(password)
}
