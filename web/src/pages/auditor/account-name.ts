/** What the books call their accounts, in words. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^customer\.wallet$/, 'Customer wallet'],
  [/^fx\.position$/, 'Currency position'],
  [/^income\.fees$/, 'Fees earned'],
  [/^settlement\.(.+)$/, 'Settlement'],
  [/^suspense\.(.+)$/, 'Suspense'],
]

export function accountName(code: string): string {
  for (const [pattern, name] of NAMES) {
    const match = pattern.exec(code)
    if (match) return match[1] === undefined ? name : `${name}, ${match[1]}`
  }
  return code
}
