import { uuidv7 } from '@corridor/platform'
import { emitSdl } from '@corridor/subgraph'
import { asService, asUser, codesOf, dataOf } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NOON, payment, RulesFixture } from './fixture.ts'

let fixture: RulesFixture

beforeAll(async () => {
  fixture = await RulesFixture.start()
})
afterAll(() => fixture.close())

describe('the schema', () => {
  it('is the committed one', async () => {
    await expect(emitSdl(fixture.rules.schema)).toMatchFileSnapshot('../schema.graphql')
  })
})

describe('the shipped rules', () => {
  it('approve an ordinary payment without a word', async () => {
    expect(await fixture.judge(await fixture.customer(), 250)).toEqual(['APPROVE', 0, []])
  })

  it('decline sanctioned countries, whether the money goes there or the customer lives there', async () => {
    for (const country of ['IR', 'KP', 'SY']) {
      expect(await fixture.judge(await fixture.customer(), 1, { destinationCountry: country })).toEqual([
        'DECLINE',
        100,
        ['SANCTIONED_COUNTRY', 'UNUSUAL_COUNTRY'],
      ])
      const resident = await fixture.customer({ country })
      expect(await fixture.judge(resident, 1)).toEqual(['DECLINE', 100, ['SANCTIONED_COUNTRY']])
    }
  })

  it('take the country of whoever is paid where no other is named', async () => {
    const [payer, payee] = [await fixture.customer(), await fixture.customer({ country: 'SY' })]
    expect(await fixture.judge(payer, 1, { counterpartyId: payee })).toMatchObject([
      'DECLINE',
      100,
      ['SANCTIONED_COUNTRY', 'UNUSUAL_COUNTRY'],
    ])
  })

  it('mark watched countries at every amount', async () => {
    for (const country of ['RU', 'CN', 'VE']) {
      const resident = await fixture.customer({ country, kycLevel: 'ENHANCED' })
      expect(await fixture.judge(resident, 0.01)).toEqual(['APPROVE', 20, ['WATCHED_COUNTRY']])
      expect(await fixture.judge(resident, 100_000)).toEqual(['APPROVE', 20, ['WATCHED_COUNTRY']])
      const sender = await fixture.customer()
      expect(await fixture.judge(sender, 0.01, { destinationCountry: country })).toEqual([
        'APPROVE',
        30,
        ['WATCHED_COUNTRY', 'UNUSUAL_COUNTRY'],
      ])
      expect(await fixture.judge(sender, 50_000, { destinationCountry: country })).toEqual([
        'APPROVE',
        20,
        ['WATCHED_COUNTRY'],
      ])
    }
  })

  it('send customers of whom nothing is known to review', async () => {
    expect(await fixture.judge(uuidv7(), 1)).toEqual(['REVIEW', 0, ['PROFILE_UNKNOWN']])
  })

  it('review at a score of exactly 50, and decline at one of exactly 75', async () => {
    const watched = await fixture.customer({ country: 'CN' })
    await fixture.decide(Array.from({ length: 29 }, () => payment(watched, 10)))
    expect(await fixture.judge(watched, 1_000.01)).toEqual(['REVIEW', 50, ['WATCHED_COUNTRY', 'UNUSUAL_AMOUNT']])
    expect(await fixture.judge(watched, 10)).toEqual(['APPROVE', 45, ['WATCHED_COUNTRY', 'VELOCITY']])
    expect(await fixture.judge(watched, 2_000)).toEqual([
      'DECLINE',
      75,
      ['WATCHED_COUNTRY', 'VELOCITY', 'UNUSUAL_AMOUNT'],
    ])
  })

  it('know the customer’s night, from ten to six on his own clock', async () => {
    const id = await fixture.customer()
    const at = async (local: string): Promise<string[]> => {
      fixture.clock.set(new Date(`2026-11-03T${local}:00.000-05:00`))
      const [, , codes] = await fixture.judge(id, 1)
      fixture.clock.set(NOON)
      return codes
    }
    expect(await Promise.all([at('21:59')])).toEqual([[]])
    expect(await at('22:00')).toEqual(['NIGHT'])
    expect(await at('05:59')).toEqual(['NIGHT'])
    expect(await at('06:00')).toEqual([])
  })
})

describe('the hard bounds of a payment', () => {
  it('are a cent and a million dollars, both allowed', async () => {
    const enhanced = await fixture.customer({ kycLevel: 'ENHANCED' })
    expect(await fixture.judge(enhanced, 0)).toEqual(['DECLINE', 0, ['AMOUNT_MINIMUM']])
    expect(await fixture.judge(enhanced, 0.01)).toEqual(['APPROVE', 0, []])
    expect(await fixture.judge(enhanced, 1_000_000)).toEqual(['REVIEW', 10, ['HIGH_VALUE']])
    const [outcome, , codes] = await fixture.judge(await fixture.customer({ kycLevel: 'ENHANCED' }), 1_000_000.01)
    expect([outcome, codes]).toEqual(['DECLINE', ['AMOUNT_MAXIMUM', 'HIGH_VALUE', 'TRANSACTION_LIMIT']])
  })

  it('are what the configuration says', async () => {
    const bounds = { minUsdMinor: 500, maxUsdMinor: 10_000 }
    const strict = await RulesFixture.start({ bounds })
    try {
      const id = await strict.customer()
      expect(await strict.judge(id, 4.99)).toEqual(['DECLINE', 0, ['AMOUNT_MINIMUM']])
      expect(await strict.judge(id, 5)).toEqual(['APPROVE', 0, []])
      expect(await strict.judge(id, 100.01)).toEqual(['DECLINE', 0, ['AMOUNT_MAXIMUM']])
      const { myLimits } = await dataOf<{ myLimits: object[] }>(
        strict.rules.schema,
        asUser(id, 'limits:read'),
        '{ myLimits { code limit { amount } } }',
      )
      expect(myLimits).toContainEqual({ code: 'TRANSACTION_LIMIT', limit: { amount: '100.00' } })
    } finally {
      await strict.close()
    }
  })
})

describe('a decision', () => {
  it('is the same for the same payment, whatever happened since', async () => {
    const id = await fixture.customer()
    const request = payment(id, 50_000)
    const first = await fixture.decide([request])
    await fixture.decide([payment(id, 50_000)])
    expect(await fixture.decide([request])).toEqual(first)
    expect((await fixture.windows(id)).DAY).toEqual([2, 10_000_000n])
  })

  it('is the first one’s where a payment comes twice in one group', async () => {
    const id = await fixture.customer()
    const request = payment(id, 100)
    const results = await fixture.decide([request, { ...request, amountUsdMinor: '99' }, payment(id, 1)])
    expect(results.map(({ outcome }) => outcome)).toEqual(['APPROVE', 'APPROVE', 'APPROVE'])
    expect((await fixture.windows(id)).DAY).toEqual([2, 10_100n])
  })

  it.each([
    [{ subjectId: 'x' }, 'BAD_USER_INPUT'],
    [{ toAccountId: 'x' }, 'BAD_USER_INPUT'],
    [{ amountUsdMinor: '-1' }, 'BAD_USER_INPUT'],
    [{ amountUsdMinor: '1.5' }, 'BAD_USER_INPUT'],
    [{ destinationCountry: 'Iran' }, 'BAD_USER_INPUT'],
  ])('is not made of %j', async (wrong, code) => {
    const inputs = [payment(uuidv7(), 1), { ...payment(uuidv7(), 1), ...wrong }]
    const document = 'mutation ($i: [DecideInput!]!) { decide(inputs: $i) { outcome } }'
    expect(await codesOf(fixture.rules.schema, asService('payment-processor'), document, { i: inputs })).toEqual([code])
    const { rows } = await fixture.rules.pool.query('select 1 from decisions where id = $1', [inputs[0]?.subjectId])
    expect(rows).toEqual([])
  })

  it('is not made of more than a thousand payments at once, nor for a caller who is no payment service', async () => {
    const inputs = Array.from({ length: 1_001 }, () => payment(uuidv7(), 1))
    const document = 'mutation ($i: [DecideInput!]!) { decide(inputs: $i) { outcome } }'
    const codes = (context: ReturnType<typeof asService>, some: readonly object[]) =>
      codesOf(fixture.rules.schema, context, document, { i: some })
    expect(await codes(asService('payment-processor'), inputs)).toEqual(['BATCH_TOO_LARGE'])
    expect(await codes(asUser(uuidv7(), 'rules:write'), inputs.slice(0, 1))).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    expect(await codes(asService('wallet-service'), inputs.slice(0, 1))).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
  })

  it('that is prepared reserves nothing', async () => {
    const id = await fixture.customer()
    await fixture.decide([payment(id, 50_000)], { prepare: true })
    expect(await fixture.windows(id)).toEqual({})
  })

  it('names the reason that weighs most, not the first', async () => {
    const id = await fixture.customer({ country: 'RU' })
    const { decide } = await dataOf<{ decide: { message: string }[] }>(
      fixture.rules.schema,
      { ...asUser(id), issuer: 'payment-processor' },
      'mutation ($i: [DecideInput!]!) { decide(inputs: $i) { message } }',
      { i: [payment(id, 50_000.01)] },
    )
    expect(decide[0]?.message).toBe('The amount is above the limit for one payment.')
  })

  it('says everything of itself to those who may read rules, and its outcome to its customer', async () => {
    const id = await fixture.customer()
    const [decision] = await fixture.decide([payment(id, 5)])
    const entity = (fields: string, context = asUser(id)) =>
      [
        fixture.rules.schema,
        context,
        `query ($r: [_Any!]!) { _entities(representations: $r) { ... on RuleDecision { ${fields} } } }`,
        { r: [{ __typename: 'RuleDecision', id: decision?.subjectId }] },
      ] as const
    expect(await dataOf(...entity('outcome'))).toEqual({ _entities: [{ outcome: 'APPROVE' }] })
    expect(await dataOf(...entity('outcome', asUser(uuidv7())))).toEqual({ _entities: [null] })
    expect(await codesOf(...entity('trace'))).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    const seen = await dataOf<{ _entities: { trace: object; inputs: object; nearestLimits: object[] }[] }>(
      ...entity('inputs trace nearestLimits { code used { amount } }', asUser(uuidv7(), 'rules:read')),
    )
    const [full] = seen._entities
    expect(Object.keys(full?.trace ?? {}).sort()).toEqual(['compliance', 'fraud', 'limits'])
    expect(full?.inputs).toMatchObject({ amountUsdMinor: 500, listVersions: { 'sanctioned-countries': 1 } })
    expect(full?.nearestLimits[0]).toEqual({ code: 'TRANSACTION_LIMIT', used: { amount: '5.00' } })
  })

  it('lists the limit first of which least is left', async () => {
    const id = await fixture.customer()
    await fixture.decide([payment(id, 40_000), payment(id, 40_000)])
    const [decision] = await fixture.decide([payment(id, 5)])
    const { ruleDecision } = await fixture.asStaff<{ ruleDecision: object }>(
      'query ($id: ID!) { ruleDecision(id: $id) { nearestLimits { code remaining { amount } } } }',
      { id: decision?.subjectId },
    )
    expect(ruleDecision).toEqual({
      nearestLimits: [
        { code: 'DAILY_LIMIT', remaining: { amount: '20000.00' } },
        { code: 'TRANSACTION_LIMIT', remaining: { amount: '49995.00' } },
        { code: 'MONTHLY_LIMIT', remaining: { amount: '420000.00' } },
      ],
    })
  })

  it('does not explain itself by a trace that leads elsewhere', async () => {
    const [decision] = await fixture.decide([payment(await fixture.customer(), 5)])
    await fixture.rules.pool.query(`update decisions set outcome = 'REVIEW' where id = $1`, [decision?.subjectId])
    const document = 'query ($id: ID!) { ruleDecision(id: $id) { trace } }'
    await expect(fixture.asStaff(document, { id: decision?.subjectId })).rejects.toThrow('decide the same inputs')
  })

  it('of a dry run leaves no trace', async () => {
    const { evaluateRules } = await fixture.asStaff<{ evaluateRules: object }>(
      `{ evaluateRules(input: {kind: TRANSFER, amount: {amount: "12.00", currency: "USD"}, destinationCountry: "IR"}) {
          id outcome riskScore reasons { code message ruleSetName ruleSetVersion } } }`,
    )
    expect(evaluateRules).toMatchObject({
      id: null,
      outcome: 'DECLINE',
      reasons: [
        {
          code: 'SANCTIONED_COUNTRY',
          message: 'Payments to or from this country are not possible.',
          ruleSetName: 'compliance',
          ruleSetVersion: 1,
        },
        { code: 'PROFILE_UNKNOWN' },
        { code: 'UNUSUAL_COUNTRY' },
      ],
    })
    const { rows } = await fixture.rules.pool.query(`select 1 from decisions where customer_id::text like '00000000%'`)
    expect(rows).toEqual([])
  })
})

describe('limits', () => {
  it('show a customer what he has used and what is left', async () => {
    const id = await fixture.customer()
    await fixture.decide([payment(id, 100)])
    const document = '{ myLimits { code period limit { amount currency } used { amount } remaining { amount } } }'
    const { myLimits } = await dataOf<{ myLimits: object[] }>(fixture.rules.schema, asUser(id, 'limits:read'), document)
    expect(myLimits).toContainEqual({
      code: 'DAILY_LIMIT',
      period: 'DAY',
      limit: { amount: '100000.00', currency: 'USD' },
      used: { amount: '100.00' },
      remaining: { amount: '99900.00' },
    })
  })
})
