import { describe, expect, it } from 'vitest'
import { EMPTY_DRAFT, quoteInputOf } from './send-draft.ts'

const FROM = '11111111-1111-4111-8111-111111111111'
const TO = '22222222-2222-4222-8222-222222222222'
const FORMAT = { currency: 'USD', exponent: 2, locale: 'en-US' }
const draft = { ...EMPTY_DRAFT, from: FROM, to: `wallet:${TO}`, amount: '1,000.50' }

describe('what an offer is asked for', () => {
  it('is what leaves, or what must arrive, as it was typed', () => {
    const amount = { amount: '1000.50', currency: 'USD' }
    expect(quoteInputOf(draft, FORMAT)).toEqual({ fromWalletId: FROM, toWalletId: TO, debit: amount })
    expect(quoteInputOf({ ...draft, side: 'credit' }, FORMAT)).toEqual({
      fromWalletId: FROM,
      toWalletId: TO,
      credit: amount,
    })
  })

  it('goes to a recipient, to a wallet of one’s own, or to one whose number was typed', () => {
    expect(quoteInputOf({ ...draft, to: 'beneficiary:b' }, FORMAT)).toMatchObject({ beneficiaryId: 'b' })
    expect(quoteInputOf({ ...draft, to: 'other', otherWallet: ` ${TO} ` }, FORMAT)).toMatchObject({ toWalletId: TO })
  })

  it('has a reference only if one was typed', () => {
    expect(quoteInputOf({ ...draft, reference: ' rent ' }, FORMAT)).toMatchObject({ reference: 'rent' })
    expect(quoteInputOf({ ...draft, reference: ' ' }, FORMAT)).not.toHaveProperty('reference')
  })

  it.each([
    ['no wallet', { from: '' }],
    ['no target', { to: '' }],
    ['half a number', { to: 'other', otherWallet: '2222' }],
    ['no amount', { amount: '' }],
    ['an amount that is none', { amount: '12.345' }],
  ])('is nothing yet with %s', (_, change) => {
    expect(quoteInputOf({ ...draft, ...change }, FORMAT)).toBeNull()
  })
})
