import { describe, expect, it } from 'vitest'
import { forgetDraft, forgetDrafts, readDraft, writeDraft } from './drafts.ts'

/** The storage of a browser's tab. */
function tab() {
  const kept = new Map<string, string>()
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
    key: (index: number) => [...kept.keys()][index] ?? null,
    get length() {
      return kept.size
    },
  }
}

describe('what was typed', () => {
  it('is there again until it was sent', () => {
    const storage = tab()
    writeDraft('send', { amount: '5' }, storage)
    expect(readDraft('send', { amount: '' }, storage)).toEqual({ amount: '5' })
    forgetDraft('send', storage)
    expect(readDraft('send', { amount: '' }, storage)).toEqual({ amount: '' })
  })

  it('is left alone when the form has other fields by now', () => {
    const storage = tab()
    writeDraft('send', { amount: '5' }, storage)
    expect(readDraft('send', { amount: '', note: '' }, storage)).toEqual({ amount: '', note: '' })
  })

  it('is gone for whoever comes after, and nothing else is', () => {
    const storage = tab()
    storage.setItem('theirs', 'x')
    writeDraft('send', { amount: '5' }, storage)
    writeDraft('deposit', { amount: '6' }, storage)
    forgetDrafts(storage)
    expect([storage.length, storage.getItem('theirs')]).toEqual([1, 'x'])
  })
})
