import { uuidv7 } from '@corridor/platform'
import type { SubgraphContext } from '@corridor/subgraph'
import { asService, asUser, codesOf, dataOf, run } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProfileSubgraph } from '../src/index.ts'
import { CANARY, customer, type StartedProfile, startProfile } from './started-profile.ts'

let started: StartedProfile
let profiles: ProfileSubgraph

beforeAll(async () => {
  started = await startProfile()
  profiles = started.subgraph
})
afterAll(() => started.close())

const FIELDS = 'id name country currency delivery accountNumber bankName'
const ADD = `mutation ($input: AddBeneficiaryInput!) { addBeneficiary(input: $input) { ${FIELDS} } }`
const MINE = `{ me { beneficiaries { ${FIELDS} } } }`
/** The example of Germany in the IBAN registry. */
const IBAN = 'DE89370400440532013000'

const payer = (): SubgraphContext => customer(uuidv7(), 'profile:write')
const bank = (changes: object = {}) => ({
  idempotencyKey: uuidv7(),
  ...{ name: `Ada ${CANARY}`, country: 'DE', currency: 'EUR', delivery: 'BANK' },
  ...{ accountNumber: IBAN, bankName: 'Bank of Canaries' },
  ...changes,
})
const add = async (by: SubgraphContext, input: object): Promise<{ id: string; accountNumber: string }> =>
  (await dataOf<{ addBeneficiary: { id: string; accountNumber: string } }>(profiles.schema, by, ADD, { input }))
    .addBeneficiary
const refusalOf = async (by: SubgraphContext, input: object) => {
  const { errors } = await run(profiles.schema, by, ADD, { input })
  return errors?.map(({ originalError }) => (originalError as { refusal?: object }).refusal)
}

describe('a beneficiary', () => {
  it('with a bank account is shown by its last four characters, for ever', async () => {
    const by = payer()
    const added = await add(by, bank({ accountNumber: 'de89 3704 0044 0532 0130 00' }))
    expect(added).toMatchObject({ name: `Ada ${CANARY}`, accountNumber: '****3000', bankName: 'Bank of Canaries' })
    expect(await dataOf(profiles.schema, by, MINE)).toEqual({ me: { beneficiaries: [added] } })
  })

  it('may be paid to a wallet, or at a cash desk', async () => {
    const by = payer()
    const walletId = uuidv7()
    const common = { name: 'Ada', country: 'US', currency: 'USD' }
    await add(by, { ...common, idempotencyKey: 'a', delivery: 'WALLET', walletId })
    await add(by, { ...common, idempotencyKey: 'b', delivery: 'CASH_PICKUP' })
    const reader = { ...by, caller: { ...by.caller, scopes: new Set(['wallets:read']) } }
    expect(await dataOf(profiles.schema, reader, '{ me { beneficiaries { delivery wallet { id } } } }')).toEqual({
      me: {
        beneficiaries: [
          { delivery: 'WALLET', wallet: { id: walletId } },
          { delivery: 'CASH_PICKUP', wallet: null },
        ],
      },
    })
  })

  it.each([
    ['check digits that do not fit', { accountNumber: 'DE88370400440532013000' }, 'accountNumber'],
    ['an IBAN that is too short', { accountNumber: 'DE8937040044053201300' }, 'accountNumber'],
    ['the IBAN of another country', { country: 'FR' }, 'accountNumber'],
    ['no account number', { accountNumber: null }, 'accountNumber'],
    [
      'an account number of signs, where there is no IBAN',
      { country: 'US', accountNumber: '12-34_5' },
      'accountNumber',
    ],
    ['no bank', { bankName: null }, 'bankName'],
    ['a bank of blanks', { bankName: ' ' }, 'bankName'],
    ['a wallet beside the bank', { walletId: uuidv7() }, 'walletId'],
    [
      'a wallet that is none',
      { delivery: 'WALLET', walletId: 'mine', accountNumber: null, bankName: null },
      'walletId',
    ],
    ['a bank account at a cash desk', { delivery: 'CASH_PICKUP', bankName: null }, 'accountNumber'],
    ['no name', { name: ' ' }, 'name'],
    ['a name too long', { name: 'x'.repeat(141) }, 'name'],
    ['a country that is none', { country: 'ZZ' }, 'country'],
    ['a currency that is none', { currency: 'EUX' }, 'currency'],
  ])('is refused with %s', async (_what, changes, field) => {
    const refusals = await refusalOf(payer(), bank(changes))
    expect(refusals).toMatchObject([{ code: 'BAD_USER_INPUT', field: `input.${field}` }])
    expect(JSON.stringify(refusals)).not.toContain('0532')
  })

  it('is added once under one key, which stands for one input', async () => {
    const by = payer()
    const input = bank()
    const added = await Promise.all(Array.from({ length: 4 }, () => add(by, input)))
    expect(new Set(added.map(({ id }) => id)).size).toBe(1)
    expect(await codesOf(profiles.schema, by, ADD, { input: { ...input, name: 'Other' } })).toEqual([
      'IDEMPOTENCY_MISMATCH',
    ])
    expect(await codesOf(profiles.schema, by, ADD, { input: { ...input, idempotencyKey: '' } })).toEqual([
      'BAD_USER_INPUT',
    ])
  })

  it('is removed by its owner alone, and stays removed', async () => {
    const by = payer()
    const { id } = await add(by, bank())
    const remove = 'mutation ($id: ID!) { removeBeneficiary(id: $id) }'
    expect(await codesOf(profiles.schema, payer(), remove, { id })).toEqual(['NOT_FOUND'])
    expect(await codesOf(profiles.schema, by, remove, { id: 'nonsense' })).toEqual(['NOT_FOUND'])
    for (let twice = 0; twice < 2; twice++) {
      expect(await dataOf(profiles.schema, by, remove, { id })).toEqual({ removeBeneficiary: true })
    }
    expect(await dataOf(profiles.schema, by, MINE)).toEqual({ me: { beneficiaries: [] } })
    expect(await known([id])).toMatchObject([{ id, active: false }])
  })

  it('is seen, as an entity, by its owner and by staff', async () => {
    const by = payer()
    const { id } = await add(by, bank())
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Beneficiary { id } } }'
    const seen = (who: SubgraphContext) =>
      dataOf(profiles.schema, who, query, { r: [{ __typename: 'Beneficiary', id }] })
    expect(await seen(by)).toEqual({ _entities: [{ id }] })
    expect(await seen(asUser(uuidv7(), 'profile:admin'))).toEqual({ _entities: [{ id }] })
    expect(await seen(payer())).toEqual({ _entities: [null] })
  })

  it('is limited in number, also when many come at once', async () => {
    const by = payer()
    await add(by, bank())
    await started.rows(
      `insert into beneficiaries select gen_random_uuid(), b.owner_id, b.name_ct, b.country, b.currency, b.delivery,
         b.wallet_id, b.account_number_ct, b.bank_name_ct, b.created_at from beneficiaries b, generate_series(1, 198)
       where b.owner_id = $1`,
      [by.caller.subject],
    )
    const answers = await Promise.all(
      Array.from({ length: 3 }, () => codesOf(profiles.schema, by, ADD, { input: bank() })),
    )
    expect(answers.flat()).toEqual(['LIMIT_EXCEEDED', 'LIMIT_EXCEEDED'])
  })

  it('lies encrypted, and does not open in another row or column', async () => {
    const by = payer()
    const { id } = await add(by, bank())
    const [dump] = await started.rows(
      `select b::text, encode(name_ct, 'escape') n, encode(account_number_ct, 'escape') a from beneficiaries b where id = $1`,
      [id],
    )
    expect(JSON.stringify(dump)).not.toMatch(new RegExp(`${CANARY}|${IBAN}`))
    await started.rows('update beneficiaries set name_ct = bank_name_ct where id = $1', [id])
    expect(await codesOf(profiles.schema, by, MINE)).toHaveLength(1)
    const [one, two] = [await add(payer(), bank()), await add(payer(), bank())]
    await started.rows(
      'update beneficiaries set name_ct = (select name_ct from beneficiaries where id = $2) where id = $1',
      [one.id, two.id],
    )
    await expect(known([one.id])).rejects.toThrow()
  })
})

const KNOWN =
  'query ($ids: [ID!]!) { paymentBeneficiaries(ids: $ids) { id owner active delivery country currency walletId label } }'

async function known(ids: readonly string[]): Promise<readonly unknown[]> {
  const context = asService('payment-service')
  return (await dataOf<{ paymentBeneficiaries: unknown[] }>(profiles.schema, context, KNOWN, { ids }))
    .paymentBeneficiaries
}

describe('what payments know of beneficiaries', () => {
  it('is whose they are, where they are, and a masked label, in the order asked', async () => {
    const by = payer()
    const { id } = await add(by, bank())
    expect(await known([uuidv7(), id, 'nonsense'])).toEqual([
      null,
      {
        ...{ id, owner: by.caller.subject, active: true, delivery: 'BANK', country: 'DE', currency: 'EUR' },
        ...{ walletId: null, label: `Ada ${CANARY}, ****3000` },
      },
      null,
    ])
  })

  it('holds the whole account number at payout alone, and nothing of who was removed', async () => {
    const by = payer()
    const { id } = await add(by, bank())
    const details = 'query ($ids: [ID!]!) { payoutDetails(beneficiaryIds: $ids) { id name accountNumber bankName } }'
    const payout = () => dataOf(profiles.schema, asService('payment-processor'), details, { ids: [id] })
    expect(await payout()).toEqual({
      payoutDetails: [{ id, name: `Ada ${CANARY}`, accountNumber: IBAN, bankName: 'Bank of Canaries' }],
    })
    await dataOf(profiles.schema, by, 'mutation ($id: ID!) { removeBeneficiary(id: $id) }', { id })
    expect(await payout()).toEqual({ payoutDetails: [null] })
  })

  it('is for the payment service alone, a thousand at a time', async () => {
    const ids = Array.from({ length: 1_001 }, () => uuidv7())
    expect(await codesOf(profiles.schema, asService('payment-service'), KNOWN, { ids })).toEqual(['BATCH_TOO_LARGE'])
    for (const other of [asService('router'), asService('wallet-service'), asUser(uuidv7(), 'profile:admin')]) {
      expect(await codesOf(profiles.schema, other, KNOWN, { ids: [] })).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    }
  })
})
