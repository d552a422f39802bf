import { Badge } from './values.tsx'
import { wordFor } from './words.ts'

/** A state as a word and a colour; the word alone says it all. */
export function Status({ words, state }: { words: Parameters<typeof wordFor>[0]; state: string }) {
  const { text, tone } = wordFor(words, state)
  return <Badge tone={tone}>{text}</Badge>
}
