/**
 * How graphql-js words that an input is not of its type: each with the value itself, which may be a password or a name.
 * What is left says the place and the type.
 */
const WORDINGS: readonly (readonly [RegExp, string])[] = [
  [
    /^Variable "\$(\w+)" got invalid value [\s\S]* at "(\1(?:[.[][\w.[\]]+)?)"; [\s\S]*$/,
    'Variable "$$$1" has an invalid value at "$2".',
  ],
  [/^Variable "\$(\w+)" got invalid value [\s\S]*$/, 'Variable "$$$1" has an invalid value.'],
  [/^Expected value of type "([^"]+)", found [\s\S]*$/, 'Expected a value of type "$1".'],
  [/^Value "[\s\S]*" does not exist in "(\w+)" enum\.[\s\S]*$/, 'This value does not exist in "$1" enum.'],
  [/^(Enum "\w+"|\w+) cannot represent ([\w -]*value): [\s\S]*$/, '$1 cannot represent this $2.'],
]

/** The message of an error without any value that came with the request. */
export function withoutValues(message: string): string {
  for (const [wording, replacement] of WORDINGS) {
    if (wording.test(message)) return message.replace(wording, replacement)
  }
  return message
}
