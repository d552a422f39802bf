import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { DEFAULT_BOUNDS } from '../src/domain/amount-bounds.ts'
import { combine, OUTCOMES, type PaymentKind } from '../src/domain/decision.ts'
import { type DecisionInput, ORDINARY_PAYMENT } from '../src/domain/decision-input.ts'
import { SANCTIONED_COUNTRIES, WATCHED_COUNTRIES } from '../src/domain/risk-list.ts'
import { RuleEngine, reasonsOf } from '../src/rule-engine.ts'
import { checkRuleSet, completed } from '../src/use-cases/save-rule-set.ts'
import { SHIPPED_RULE_SETS } from '../src/use-cases/ship-rules.ts'

const engine = new RuleEngine()
const versioned = SHIPPED_RULE_SETS.map(({ name, model }) => ({ name, version: 1, model: { ...model } }))
const all = engine.compile(versioned)
afterAll(() => engine.close())

const verdictOf = async (input: DecisionInput) => combine(reasonsOf(input, await all.evaluate(input)))

describe.each(SHIPPED_RULE_SETS)('the shipped rule set $name', ({ name, description, model, examples }) => {
  it('says of each of its examples what stands beside it', async () => {
    const rules = engine.compile([{ name, version: 1, model: { ...model } }])
    for (const { input, outcome, score, codes } of examples) {
      const answers = await rules.evaluate(completed(input, DEFAULT_BOUNDS))
      const verdict = combine(answers.flatMap(({ reasons }) => reasons))
      expect({ input, ...verdict, reasons: verdict.reasons.map(({ code }) => code) }).toEqual({
        input,
        outcome,
        riskScore: score,
        reasons: codes,
      })
    }
  })

  it('has an example for each of its rules, and one on which it is silent', () => {
    const codes = [...JSON.stringify(model).matchAll(/"code":"\\"(\w+)\\""/g)].map(([, code]) => code)
    expect(codes.length).toBeGreaterThan(0)
    for (const code of codes) expect(examples.some((example) => code && example.codes.includes(code))).toBe(true)
    expect(examples.some((example) => example.codes.length === 0)).toBe(true)
  })

  it('could be saved by anybody as it is', async () => {
    const model_ = JSON.parse(JSON.stringify(model))
    expect(
      await checkRuleSet({ engine, bounds: DEFAULT_BOUNDS }, { name, description, model: model_, examples }),
    ).toEqual({ ok: true, value: null })
  })

  it('answers alone, traced, what it answers among the others', async () => {
    for (const { input } of examples) {
      const payment = completed(input, DEFAULT_BOUNDS)
      const together = (await all.evaluate(payment)).find((answer) => answer.name === name)
      const alone = await engine.compile([{ name, version: 1, model: { ...model } }]).evaluate(payment)
      expect(alone).toEqual([together])
    }
  })
})

const money = fc.oneof(fc.integer({ min: 1, max: 20_000_000 }), fc.integer({ min: 1, max: 200_000_000 }))
const window = fc.record({
  payments: fc.integer({ min: 0, max: 150 }),
  usdMinor: fc.integer({ min: 0, max: 100_000_000 }),
})
const lists = fc.subarray([SANCTIONED_COUNTRIES, WATCHED_COUNTRIES], { maxLength: 1 })
const circumstances: fc.Arbitrary<Partial<DecisionInput>> = fc.record({
  kind: fc.constantFrom<PaymentKind>('TRANSFER', 'DEPOSIT', 'WITHDRAWAL', 'PAYOUT'),
  destinationCountry: fc.constantFrom(null, 'US', 'IN'),
  newDestination: fc.boolean(),
  customer: fc.record({
    known: fc.boolean(),
    kycLevel: fc.constantFrom('NONE', 'BASIC', 'ENHANCED'),
    country: fc.constantFrom(null, 'US', 'CN'),
    screeningMatch: fc.boolean(),
    screeningScore: fc.constant(0),
  }),
  listed: fc.record({
    destinationCountry: lists,
    customerCountry: lists,
    customer: fc.constant([]),
    counterparty: fc.constant([]),
  }),
  usage: fc.record({ hour: window, day: window, month: window, ever: window }),
  localHour: fc.integer({ min: 0, max: 23 }),
})

describe('all shipped rules together', () => {
  it('never judge a higher amount more mildly, all else equal', async () => {
    await fc.assert(
      fc.asyncProperty(circumstances, money, money, async (rest, one, other) => {
        const at = (amountUsdMinor: number) => verdictOf({ ...ORDINARY_PAYMENT, ...rest, amountUsdMinor })
        const [lower, higher] = [await at(Math.min(one, other)), await at(Math.max(one, other))]
        expect(OUTCOMES.indexOf(higher.outcome)).toBeGreaterThanOrEqual(OUTCOMES.indexOf(lower.outcome))
        expect(higher.riskScore).toBeGreaterThanOrEqual(lower.riskScore)
      }),
      { numRuns: 500 },
    )
  })

  it('decide the same inputs the same way, also after they were kept as JSON', async () => {
    await fc.assert(
      fc.asyncProperty(circumstances, money, async (rest, amountUsdMinor) => {
        const input = { ...ORDINARY_PAYMENT, ...rest, amountUsdMinor }
        expect(await verdictOf(JSON.parse(JSON.stringify(input)))).toEqual(await verdictOf(input))
      }),
      { numRuns: 200 },
    )
  })
})

describe('points', () => {
  const reason = (points: number) =>
    ({ code: 'A', message: '', outcome: 'APPROVE', points, ruleSetName: 'a', ruleSetVersion: 1 }) as const

  it.each([
    [49, 'APPROVE', 49],
    [50, 'REVIEW', 50],
    [74, 'REVIEW', 74],
    [75, 'DECLINE', 75],
    [130, 'DECLINE', 100],
    [-5, 'APPROVE', 0],
  ])('that add up to %i end in %s, score %i', (points, outcome, score) => {
    expect(combine([reason(points - 10), reason(10)])).toMatchObject({ outcome, riskScore: score })
  })
})
