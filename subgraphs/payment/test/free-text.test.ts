import { uuidv7 } from '@corridor/platform'
import { asUser, codesOf } from '@corridor/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SCOPES, TestPayments } from './platform.ts'

let tests: TestPayments
beforeAll(async () => {
  tests = await TestPayments.open()
})
afterAll(() => tests.close())

/** What PostgreSQL keeps in no text. */
const UNKEPT = ['a\u0000b', 'a\ud800b']

const payment = (fromWalletId: string, fields: object = {}) => ({
  idempotencyKey: uuidv7(),
  fromWalletId,
  toWalletId: tests.wallet(uuidv7()),
  debit: { amount: '1.00', currency: 'USD' },
  ...fields,
})

it('that cannot be kept is refused by name, and no payment beside it', async () => {
  const payer = tests.customer()
  const fromWalletId = tests.wallet(payer.caller.subject ?? '')
  const input = ['for bread', ...UNKEPT].map((reference) => payment(fromWalletId, { reference }))
  const SEND = 'mutation ($input: [SendPaymentInput!]!) { sendPayments(input: $input) { payment { id } errorCode } }'
  const { sendPayments } = await tests.data<{ sendPayments: { payment: { id: string } | null; errorCode: string }[] }>(
    payer,
    SEND,
    { input },
  )
  expect(sendPayments.map(({ errorCode }) => errorCode)).toEqual([null, 'BAD_USER_INPUT', 'BAD_USER_INPUT'])
  const id = sendPayments[0]?.payment?.id ?? ''
  await tests.until(payer, id, 'COMPLETED')
  const [reviewer, operations] = [
    asUser(uuidv7(), ...SCOPES, 'payments:review'),
    [
      'mutation ($id: ID!, $text: String!) { reviewPayment(id: $id, approve: true, note: $text) { id } }',
      'mutation ($id: ID!, $text: String!) { cancelPayment(id: $id, reason: $text) { id } }',
      'mutation ($id: ID!, $text: String!) { refundPayment(input: { idempotencyKey: "one", paymentId: $id, reason: $text }) { id } }',
    ],
  ]
  for (const text of UNKEPT) {
    for (const operation of operations) {
      const codes = await codesOf(tests.subgraph.schema, reviewer, operation, { id, text })
      expect([operation, codes]).toEqual([operation, ['BAD_USER_INPUT']])
    }
  }
})
