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

/** Names that are screened against, prepared once. */
export class NameList {
  private readonly names: readonly (readonly string[])[]

  constructor(
    names: readonly string[],
    readonly version: number,
  ) {
    this.names = names.map(wordsOf).filter((words) => words.length > 0)
  }

  /** The nearest of the list's names, whatever the order of their words. */
  screen(name: string): Screening {
    const words = wordsOf(name)
    let best = 0
    for (const listed of this.names) {
      if (!mayReach(words, listed, best)) continue
      best = Math.max(best, similarity(words, listed))
      if (best === CERTAIN) break
    }
    const score = best < NOISE ? 0 : best
    return { match: score >= MATCH_THRESHOLD, score, listVersion: this.version }
  }
}

const lengthOf = (words: readonly string[]): number => words.reduce((sum, { length }) => sum + length, 0)

/** A lower bound of the edits is the difference in length: what cannot beat the best is not compared. */
function mayReach(a: readonly string[], b: readonly string[], best: number): boolean {
  const [shorter, longer] = [lengthOf(a), lengthOf(b)].sort((x, y) => x - y) as [number, number] // Two went in.
  return longer > 0 && (CERTAIN * shorter) / longer > best
}

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
