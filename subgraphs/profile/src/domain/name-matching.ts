import { distance } from 'fastest-levenshtein'

/** How a name compares with a list: the best score, 0 to 100, and whether it reaches the threshold. */
export interface Screening {
  readonly match: boolean
  readonly score: number
  /** Rises with every change of a list; 0 while there is none. */
  readonly listVersion: number
}

/** Scores from here on count as a match. One slip of the pen in a name of two words stays above it. */
export const MATCH_THRESHOLD = 85
const CERTAIN = 100
/** A score below is noise, and is said as none. */
const NOISE = 50

/** A name as it is compared: without case, marks and signs, its words in order. */
export function wordsOf(name: string): readonly string[] {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/[øœ]/g, 'o')
    .replace(/æ/g, 'ae')
    .replace(/ł/g, 'l')
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).sort()
}

interface ListedName {
  readonly words: readonly string[]
  readonly letters: Letters
}

/** How often each letter occurs in a name, letters of one remainder counted together. */
interface Letters {
  readonly counts: Uint8Array
  readonly total: number
}

const BUCKETS = 32

/** Names that are screened against, prepared once. */
export class NameList {
  private readonly names: readonly ListedName[]

  constructor(
    names: readonly string[],
    readonly version: number,
  ) {
    this.names = names
      .map(wordsOf)
      .filter((words) => words.length > 0)
      .map((words) => ({ words, letters: lettersOf(words) }))
  }

  /** The nearest of the list's names, whatever the order of their words. */
  screen(name: string): Screening {
    const words = wordsOf(name)
    const letters = lettersOf(words)
    let best = NOISE - 1
    for (const listed of this.names) {
      if (bestPossible(letters, listed.letters) <= best) continue
      best = Math.max(best, similarity(words, listed.words))
      if (best === CERTAIN) break
    }
    const score = best < NOISE ? 0 : best
    return { match: score >= MATCH_THRESHOLD, score, listVersion: this.version }
  }
}

function lettersOf(words: readonly string[]): Letters {
  const counts = new Uint8Array(BUCKETS)
  let total = 0
  for (const word of words) {
    for (let i = 0; i < word.length; i += 1) {
      const bucket = word.charCodeAt(i) % BUCKETS
      counts[bucket] = Math.min((counts[bucket] ?? 0) + 1, MAX_COUNT)
    }
    total += word.length
  }
  return { counts, total }
}

const MAX_COUNT = 255

/**
 * What the likeness of two names cannot exceed: letters that one has and the other has not must be edited, wherever they
 * stand. It costs a hundredth of the likeness itself, and spares nearly all of a list.
 */
function bestPossible(a: Letters, b: Letters): number {
  let missing = 0
  let surplus = 0
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const difference = (a.counts[bucket] ?? 0) - (b.counts[bucket] ?? 0)
    if (difference > 0) surplus += difference
    else missing -= difference
  }
  const longest = Math.max(a.total, b.total)
  return longest === 0 ? 0 : Math.round(CERTAIN * (1 - Math.max(missing, surplus) / longest))
}

const lengthOf = (words: readonly string[]): number => words.reduce((sum, { length }) => sum + length, 0)

/**
 * 100 less the share of letters that must be edited (Levenshtein): every word of the longer name is set against its
 * nearest word of the other, each used once, nearest pairs first. A word without a partner counts whole.
 */
export function similarity(a: readonly string[], b: readonly string[]): number {
  const pairs = a
    .flatMap((word, i) =>
      b.map((other, j) => ({ i, j, edits: distance(word, other), size: word.length + other.length })),
    )
    .sort((x, y) => x.edits / x.size - y.edits / y.size)
  const usedA = new Set<number>()
  const usedB = new Set<number>()
  let edits = 0
  for (const pair of pairs) {
    if (usedA.has(pair.i) || usedB.has(pair.j)) continue
    usedA.add(pair.i)
    usedB.add(pair.j)
    edits += pair.edits
  }
  const alone = [...a.filter((_, i) => !usedA.has(i)), ...b.filter((_, j) => !usedB.has(j))]
  const longest = Math.max(lengthOf(a), lengthOf(b))
  if (longest === 0) return 0
  return Math.max(0, Math.round(CERTAIN * (1 - (edits + lengthOf(alone)) / longest)))
}
