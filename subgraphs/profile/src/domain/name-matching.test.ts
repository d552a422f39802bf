import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MATCH_THRESHOLD, NameList, similarity, wordsOf } from './name-matching.ts'

const LISTED = ['Viktor Anatolyevich Bout', 'Nicolás Maduro Moros', 'Günther Straße', 'Łukasz Żak', 'Ōta Kenji']
const list = new NameList(LISTED, 7)

describe('a name', () => {
  it.each([
    ['Viktor Anatolyevich Bout', 100],
    ['BOUT, Viktor Anatolyevich', 100],
    ['nicolas maduro moros', 100],
    ['Gunther Strasse', 100],
    ['Lukasz Zak', 100],
    ['Kenji Ota', 100],
    ['Viktor Anatolyevitch Bout', 96],
    ['Nicolas Madura Moros', 94],
    ['Nikolas Maduro Moros', 94],
  ])('like %s is a match, with %i points', (name, score) => {
    expect(list.screen(name)).toEqual({ match: true, score, listVersion: 7 })
  })

  it.each(['Ada Lovelace', 'Viktor Hugo', 'Moros', 'Nicolas', '', '   ', '李四'])('like %s is none', (name) => {
    expect(list.screen(name).match).toBe(false)
  })

  it('that shares a word alone stays below the threshold, and noise is nothing', () => {
    expect(list.screen('Nicolas Maduro Guerra').score).toBeLessThan(MATCH_THRESHOLD)
    expect(list.screen('Grace Okafor')).toEqual({ match: false, score: 0, listVersion: 7 })
  })

  it('is compared with nothing where there is no list', () => {
    expect(new NameList([], 0).screen('Viktor Bout')).toEqual({ match: false, score: 0, listVersion: 0 })
  })
})

const word = fc.stringMatching(/^[a-z]{1,12}$/)
const words = fc.array(word, { minLength: 1, maxLength: 4 })

describe('the likeness of two names', () => {
  it('is the same both ways, from 0 to 100, and 100 for the same words in any order', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const score = similarity(a, b)
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score).toBeLessThanOrEqual(100)
        expect(similarity(wordsOf(a.join(' ')), wordsOf([...a].reverse().join(' ')))).toBe(100)
      }),
    )
  })

  it('is found in a list as well as alone: what is left out could not have been better', () => {
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 8 }), words, (listed, name) => {
        const best = Math.max(...listed.map((each) => similarity(wordsOf(name.join(' ')), wordsOf(each.join(' ')))))
        const found = new NameList(
          listed.map((each) => each.join(' ')),
          1,
        ).screen(name.join(' '))
        expect(found.score).toBe(best < 50 ? 0 : best)
      }),
    )
  })
})
