import { inProcessWakeups, silentLogger, uuidv7 } from '@corridor/platform'
import { emitSdl, type ServiceClient } from '@corridor/subgraph'
import { asService, asUser, codesOf, createTestDatabase, dataOf, type TestDatabase, testClock } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createRiskConsumers,
  createRuleEngineSubgraph,
  type RuleEngineSubgraph,
  ruleEngineMigrations,
} from '../src/index.ts'

const NOON = new Date('2026-11-02T17:00:00.000Z') // Noon in New York.
const clock = testClock(NOON)
let database: TestDatabase
let rules: RuleEngineSubgraph
let consumers: ReturnType<typeof createRiskConsumers>

/** The far side of the network: what a dollar is worth in dollars. */
const forex: ServiceClient = {
  request: async <Data>(_: string, variables: Record<string, unknown> = {}) =>
    ({ usdReference: { usdMinor: variables.a } }) as Data,
  close: async () => undefined,
}

beforeAll(async () => {
  database = await createTestDatabase({ migrationsDirectory: ruleEngineMigrations })
  rules = await createRuleEngineSubgraph({
    databaseUrl: database.applicationUrl,
    clock,
    logger: silentLogger,
    wakeups: inProcessWakeups(),
    forex,
  })
  consumers = createRiskConsumers({ databaseUrl: database.applicationUrl, service: 'risk-counters' })
})
afterAll(async () => {
  await consumers.close()
  await rules.close()
  await database.drop()
})

async function deliver(
  topic: 'profile.events' | 'payment.events',
  key: string,
  type: string,
  data = {},
  id = uuidv7(),
) {
  for (const consumer of consumers.consumers.filter(({ topics }) => topics.includes(topic))) {
    await consumer.handle({ id, topic, key, type, data, occurredAt: clock.now(), traceparent: null })
  }
}

async function customer(profile: object = {}): Promise<string> {
  const id = uuidv7()
  await deliver('profile.events', id, 'profile.updated', {
    kycStatus: 'VERIFIED',
    kycLevel: 'BASIC',
    country: 'US',
    timeZone: 'America/New_York',
    version: '1',
    ...profile,
  })
  return id
}

interface Result {
  subjectId: string
  outcome: string
  riskScore: number
}

async function decide(inputs: object[], prepare = false): Promise<Result[]> {
  const { decide } = await dataOf<{ decide: Result[] }>(
    rules.schema,
    asService('payment-processor'),
    'mutation ($i: [DecideInput!]!, $p: Boolean) { decide(inputs: $i, prepare: $p) { subjectId outcome riskScore } }',
    { i: inputs, p: prepare },
  )
  return decide
}

const payment = (customerId: string, dollars: number, more: object = {}) => ({
  subjectId: uuidv7(),
  kind: 'TRANSFER',
  customerId,
  currency: 'USD',
  amountUsdMinor: String(Math.round(dollars * 100)),
  ...more,
})

async function reasonsOf(id: string): Promise<string[]> {
  const { ruleDecision } = await dataOf<{ ruleDecision: { reasons: { code: string }[] } }>(
    rules.schema,
    asUser(uuidv7(), 'rules:read'),
    'query ($id: ID!) { ruleDecision(id: $id) { reasons { code } trace inputs } }',
    { id },
  )
  return ruleDecision.reasons.map(({ code }) => code)
}

async function outcomeOf(customerId: string, dollars: number, more: object = {}): Promise<[string, number, string[]]> {
  const [result] = await decide([payment(customerId, dollars, more)])
  if (!result) throw new Error('no result')
  return [result.outcome, result.riskScore, await reasonsOf(result.subjectId)]
}

const windows = async (customerId: string): Promise<Record<string, [number, bigint]>> => {
  const { rows } = await rules.pool.query(
    'select period, payments, usd_minor from usage_windows where customer_id = $1',
    [customerId],
  )
  return Object.fromEntries(rows.map((row) => [row.period, [row.payments, row.usd_minor]]))
}

describe('the schema', () => {
  it('is the committed one', async () => {
    await expect(emitSdl(rules.schema)).toMatchFileSnapshot('../schema.graphql')
  })
})

describe('the shipped rules', () => {
  it('approve an ordinary payment without a word', async () => {
    expect(await outcomeOf(await customer(), 250)).toEqual(['APPROVE', 0, []])
  })

  it('decline sanctioned countries, whether the money goes there or the customer lives there', async () => {
    for (const country of ['IR', 'KP', 'SY']) {
      expect(await outcomeOf(await customer(), 1, { destinationCountry: country })).toEqual([
        'DECLINE',
        100,
        ['SANCTIONED_COUNTRY', 'UNUSUAL_COUNTRY'],
      ])
      expect(await outcomeOf(await customer({ country }), 1)).toMatchObject(['DECLINE', 100, ['SANCTIONED_COUNTRY']])
    }
  })

  it('mark watched countries at every amount', async () => {
    const from = await customer({ country: 'CN' })
    expect(await outcomeOf(from, 0.01)).toEqual(['APPROVE', 20, ['WATCHED_COUNTRY']])
    const to = await customer()
    expect(await outcomeOf(to, 0.01, { destinationCountry: 'RU' })).toEqual([
      'APPROVE',
      30,
      ['WATCHED_COUNTRY', 'UNUSUAL_COUNTRY'],
    ])
    expect(await outcomeOf(to, 0.01, { destinationCountry: 'RU' })).toEqual(['APPROVE', 20, ['WATCHED_COUNTRY']])
  })

  it('send customers of whom nothing is known to review', async () => {
    expect(await outcomeOf(uuidv7(), 1)).toEqual(['REVIEW', 0, ['PROFILE_UNKNOWN']])
  })

  it('demand a verified identity above a thousand dollars', async () => {
    const unverified = await customer({ kycStatus: 'NOT_STARTED', kycLevel: null })
    expect(await outcomeOf(unverified, 1_000.01)).toMatchObject([
      'DECLINE',
      0,
      ['KYC_REQUIRED', 'TRANSACTION_LIMIT', 'DAILY_LIMIT'],
    ])
    expect(await outcomeOf(unverified, 1_000)).toEqual(['APPROVE', 0, []])
  })

  it('let a person look at more than a hundred thousand, and decline withdrawals of more than fifty thousand', async () => {
    const enhanced = await customer({ kycLevel: 'ENHANCED' })
    expect(await outcomeOf(enhanced, 100_000)).toEqual(['APPROVE', 0, []])
    expect(await outcomeOf(enhanced, 100_000.01)).toEqual(['REVIEW', 10, ['HIGH_VALUE']])
    expect(await outcomeOf(enhanced, 50_000, { kind: 'WITHDRAWAL' })).toEqual(['APPROVE', 0, []])
    expect(await outcomeOf(enhanced, 50_000.01, { kind: 'WITHDRAWAL' })).toMatchObject([
      'DECLINE',
      0,
      ['WITHDRAWAL_LIMIT'],
    ])
  })

  it('know the customer’s night, from ten to six on his own clock', async () => {
    const id = await customer()
    const at = async (local: string): Promise<string[]> => {
      clock.set(new Date(`2026-11-03T${local}:00.000-05:00`))
      const [, , codes] = await outcomeOf(id, 1)
      clock.set(NOON)
      return codes
    }
    expect([await at('21:59'), await at('22:00'), await at('05:59'), await at('06:00')]).toEqual([
      [],
      ['NIGHT'],
      ['NIGHT'],
      [],
    ])
  })

  it('never judge a higher amount more mildly', async () => {
    const severity = ['APPROVE', 'REVIEW', 'DECLINE']
    for (const profile of [{}, { kycLevel: 'ENHANCED' }, { kycStatus: 'PENDING' }, { country: 'VE' }]) {
      const id = await customer(profile)
      const amounts = [0.01, 999, 1_000, 1_001, 50_000, 50_001, 100_000, 100_001, 1_000_000, 1_000_001]
      const prepared = await decide(
        amounts.map((dollars) => payment(id, dollars, { kind: 'WITHDRAWAL' })),
        true,
      )
      const ranks = prepared.map(({ outcome }) => severity.indexOf(outcome))
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
    }
  })
})

describe('limits', () => {
  it('count what was decided before in the same group', async () => {
    const id = await customer()
    const results = await decide([payment(id, 50_000), payment(id, 50_000), payment(id, 0.01), payment(id, 0)])
    expect(results.map(({ outcome }) => outcome)).toEqual(['APPROVE', 'APPROVE', 'DECLINE', 'APPROVE'])
  })

  it('are never passed by payments that are decided at once', async () => {
    const id = await customer()
    const results = await Promise.all(Array.from({ length: 12 }, () => decide([payment(id, 20_000)])))
    expect(results.flat().filter(({ outcome }) => outcome === 'APPROVE')).toHaveLength(5)
    expect((await windows(id)).DAY).toEqual([5, 10_000_000n])
  })

  it('are given back by a payment that comes to nothing, once, and kept by one that completes', async () => {
    const id = await customer()
    const [failing, completing] = [payment(id, 40_000), payment(id, 30_000)]
    await decide([failing, completing])
    const eventId = uuidv7()
    await deliver('payment.events', failing.subjectId, 'payment.failed', {}, eventId)
    await deliver('payment.events', failing.subjectId, 'payment.failed', {}, eventId)
    await deliver('payment.events', failing.subjectId, 'payment.failed')
    await deliver('payment.events', completing.subjectId, 'payment.completed')
    await deliver('payment.events', completing.subjectId, 'payment.failed')
    expect(await windows(id)).toMatchObject({
      HOUR: [1, 3_000_000n],
      DAY: [1, 3_000_000n],
      MONTH: [1, 3_000_000n],
      EVER: [1, 3_000_000n],
    })
  })

  it('show a customer what he has used and what is left', async () => {
    const id = await customer()
    await decide([payment(id, 100)])
    const document = '{ myLimits { code period limit { amount currency } used { amount } remaining { amount } } }'
    const { myLimits } = await dataOf<{ myLimits: object[] }>(rules.schema, asUser(id, 'limits:read'), document)
    expect(myLimits).toContainEqual({
      code: 'DAILY_LIMIT',
      period: 'DAY',
      limit: { amount: '100000.00', currency: 'USD' },
      used: { amount: '100.00' },
      remaining: { amount: '99900.00' },
    })
  })
})

describe('a decision', () => {
  it('is the same for the same payment, whatever happened since', async () => {
    const id = await customer()
    const request = payment(id, 50_000)
    const first = await decide([request])
    await decide([payment(id, 50_000)])
    expect(await decide([request])).toEqual(first)
    expect((await windows(id)).DAY).toEqual([2, 10_000_000n])
  })

  it('that is prepared reserves nothing', async () => {
    const id = await customer()
    await decide([payment(id, 50_000)], true)
    expect(await windows(id)).toEqual({})
  })

  it('is shown to its customer, whose inputs and trace are for those who may read rules', async () => {
    const id = await customer()
    const [decision] = await decide([payment(id, 5)])
    const entity = (fields: string, context = asUser(id)) =>
      [
        rules.schema,
        context,
        `query ($r: [_Any!]!) { _entities(representations: $r) { ... on RuleDecision { ${fields} } } }`,
        { r: [{ __typename: 'RuleDecision', id: decision?.subjectId }] },
      ] as const
    expect(await dataOf(...entity('outcome'))).toEqual({ _entities: [{ outcome: 'APPROVE' }] })
    expect(await dataOf(...entity('outcome', asUser(uuidv7())))).toEqual({ _entities: [null] })
    expect(await codesOf(...entity('trace'))).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    const seen = await dataOf<{ _entities: { trace: object }[] }>(
      ...entity('inputs trace', asUser(uuidv7(), 'rules:read')),
    )
    expect(Object.keys(seen._entities[0]?.trace ?? {}).sort()).toEqual(['compliance', 'fraud', 'limits'])
  })

  it('of a dry run leaves no trace', async () => {
    const { evaluateRules } = await dataOf<{ evaluateRules: object }>(
      rules.schema,
      asUser(uuidv7(), 'rules:read'),
      `{ evaluateRules(input: {kind: TRANSFER, amount: {amount: "12.00", currency: "USD"}, destinationCountry: "IR"}) {
          id outcome riskScore reasons { code ruleSetName ruleSetVersion } } }`,
    )
    expect(evaluateRules).toMatchObject({
      id: null,
      outcome: 'DECLINE',
      reasons: [{ code: 'SANCTIONED_COUNTRY', ruleSetName: 'compliance', ruleSetVersion: 1 }, {}, {}],
    })
  })
})
