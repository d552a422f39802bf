import { ZenEngine } from '@gorules/zen-engine'
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
/** As it comes, without anything of ours. */
const zen = new ZenEngine()
const versioned = SHIPPED_RULE_SETS.map(({ name, model }) => ({ name, version: 1, model: { ...model } }))
const all = engine.compile(versioned)
afterAll(() => {
  engine.close()
  zen.dispose()
})

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

  it('answers among the others what the engine makes of it alone', async () => {
    for (const { input } of examples) {
      const payment = completed(input, DEFAULT_BOUNDS)
      const together = (await all.evaluate(payment)).find((answer) => answer.name === name)
      const { result } = await zen.createDecision(model).evaluate(payment)
      expect(together?.reasons.map(({ ruleSetName: _, ruleSetVersion: __, ...finding }) => finding)).toEqual(
        result.findings,
      )
      expect(together?.limits ?? undefined).toEqual(result.limits)
    }
  })
})

describe('a model with branches', () => {
  it('answers among others from the branch that it takes, and nothing where it takes none', async () => {
    const node = (id: string, type: string, content?: object) => ({
      id,
      name: id,
      type,
      position: { x: 0, y: 0 },
      content,
    })
    const edge = (sourceId: string, targetId: string, sourceHandle?: string) =>
      ({
        id: `${sourceId}-${targetId}`,
        type: 'edge',
        sourceId,
        targetId,
        ...(sourceHandle ? { sourceHandle } : {}),
      }) as const
    const finding = (code: string) => ({
      expressions: [
        { id: code, key: 'findings', value: `[{code: "${code}", message: "", outcome: "APPROVE", points: 1}]` },
      ],
    })
    const model = {
      contentType: 'application/vnd.gorules.decision',
      nodes: [
        node('in', 'inputNode'),
        node('which', 'switchNode', {
          hitPolicy: 'first',
          statements: [
            { id: 'small', condition: 'amountUsdMinor < 100' },
            { id: 'large', condition: 'amountUsdMinor > 1000' },
          ],
        }),
        node('few', 'expressionNode', finding('FEW')),
        node('many', 'expressionNode', finding('MANY')),
        node('out', 'outputNode'),
      ],
      edges: [
        edge('in', 'which'),
        edge('which', 'few', 'small'),
        edge('which', 'many', 'large'),
        edge('few', 'out'),
        edge('many', 'out'),
      ],
    }
    const rules = engine.compile([...versioned, { name: 'branches', version: 1, model }])
    const codesAt = async (amountUsdMinor: number): Promise<string[]> => {
      const answers = await rules.evaluate({ ...ORDINARY_PAYMENT, amountUsdMinor })
      return answers.find(({ name }) => name === 'branches')?.reasons.map(({ code }) => code) ?? ['no answer']
    }
    expect([await codesAt(99), await codesAt(500), await codesAt(1_001)]).toEqual([['FEW'], [], ['MANY']])
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
