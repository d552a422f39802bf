import { inProcessWakeups, uuidv7 } from '@corridor/platform'
import type { SubgraphContext } from '@corridor/subgraph'
import { asUser, codesOf, run } from '@corridor/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RuleEngineSubgraph } from '../src/index.ts'
import { chain, findingsTable, type Row } from '../src/shipped/model.ts'
import { NOON, payment, RulesFixture, staff } from './fixture.ts'

let fixture: RulesFixture
const wakeups = inProcessWakeups()

beforeAll(async () => {
  fixture = await RulesFixture.start({ wakeups })
})
afterAll(() => fixture.close())

const modelOf = (...rows: readonly Row[]) => chain(findingsTable('checks', 'Checks', rows))
const overTen = (outcome: 'REVIEW' | 'DECLINE', code = 'OVER_TEN'): Row => ({
  when: 'amountUsdMinor > 1000',
  code,
  message: 'More than ten dollars.',
  outcome,
})
/** A model that its examples do not see fail. */
const failingWhere = (condition: string) => expressions({ findings: `${condition} ? 1 + "a" : []` })

const expressions = (values: Readonly<Record<string, string>>) =>
  chain({
    id: 'x',
    name: 'x',
    type: 'expressionNode',
    position: { x: 0, y: 0 },
    content: { expressions: Object.entries(values).map(([key, value]) => ({ id: key, key, value })) },
  })

const EXAMPLES = [{ input: { amountUsdMinor: 1_000 }, outcome: 'APPROVE' }]

const SAVE = `mutation ($i: SaveRuleSetInput!) { saveRuleSet(input: $i) { name version status createdBy } }`
const ACTIVATE = `mutation ($n: String!, $v: Int!) { activateRuleSet(name: $n, version: $v) { version status proposedBy } }`
const SHADOW = `mutation ($n: String!, $v: Int) { shadowRuleSet(name: $n, version: $v) { version shadow status } }`

interface Saved {
  readonly saveRuleSet: { readonly name: string; readonly version: number; readonly status: string }
}

async function save(
  name: string,
  model: object,
  examples: readonly object[] = EXAMPLES,
  on = fixture,
): Promise<number> {
  const { saveRuleSet } = await on.asStaff<Saved>(SAVE, { i: { name, model, examples } })
  return saveRuleSet.version
}

const activate = (name: string, version: number, by?: SubgraphContext) =>
  fixture.asStaff<{ activateRuleSet: object }>(ACTIVATE, { n: name, v: version }, by)

/** A name of its own for each test, whose rules are silenced when it is over. */
const used: string[] = []
function aName(): string {
  const name = `test-${used.length}`
  used.push(name)
  return name
}
afterEach(async () => {
  const { rows } = await fixture.rules.pool.query<{ name: string }>(
    `select name from rule_sets where status = 'ACTIVE' and name like 'test-%'`,
  )
  for (const { name } of rows) await activate(name, await save(name, modelOf()))
})

describe('saving a rule set', () => {
  it('makes drafts, numbered, that decide nothing yet', async () => {
    const name = aName()
    const actor = uuidv7()
    const input = { name, description: 'A test.', model: modelOf(overTen('DECLINE')), examples: EXAMPLES }
    const first = await fixture.asStaff<Saved>(SAVE, { i: input }, staff(actor))
    expect(first.saveRuleSet).toEqual({ name, version: 1, status: 'DRAFT', createdBy: actor })
    expect(await save(name, modelOf())).toBe(2)
    const { ruleSet } = await fixture.asStaff<{ ruleSet: object }>(
      'query ($n: String!) { ruleSet(name: $n, version: 1) { description model examples { input outcome } } }',
      { n: name },
    )
    expect(ruleSet).toEqual(
      JSON.parse(JSON.stringify({ description: 'A test.', model: input.model, examples: EXAMPLES })),
    )
    expect(await fixture.judge(await fixture.customer(), 11)).toEqual(['APPROVE', 0, []])
  })

  const refusalOf = async (model: object, examples: readonly object[] = EXAMPLES, name = 'test-refused') => {
    const { errors } = await run(fixture.rules.schema, staff(), SAVE, { i: { name, model, examples } })
    return errors?.[0]?.message
  }

  it('refuses one that does not give what its examples say', async () => {
    const examples = [...EXAMPLES, { input: { amountUsdMinor: 1_001 }, outcome: 'APPROVE' }]
    expect(await refusalOf(modelOf(overTen('REVIEW')), examples)).toBe(
      'input.examples.1 gives REVIEW (score 0, OVER_TEN), not APPROVE.',
    )
    const { rows } = await fixture.rules.pool.query(`select 1 from rule_sets where name = 'test-refused'`)
    expect(rows).toEqual([])
  })

  it('refuses a row that cannot be read, or that fails on an example, which the engine would take for one that does not match', async () => {
    const row = (when: string) => modelOf({ when, code: 'A', message: 'B' })
    expect(await refusalOf(row('amountUsdMinor >'))).toContain('input.model: Checks, row 1, `amountUsdMinor >`')
    expect(await refusalOf(row('amountUsdMinr > 5'))).toContain('input.model: Checks, row 1, `amountUsdMinr > 5`')
    expect(await refusalOf(expressions({ findings: '[', total: '1' }))).toContain('input.model: x, findings, `[`')
    const answer = 'string(100 / usage.day.payments)'
    const table = findingsTable('t', 'T', [{ ...overTen('REVIEW'), when: 'usage.day.payments > 0' }])
    const content = JSON.parse(JSON.stringify(table.content).replace('"\\"More than ten dollars.\\""', `"${answer}"`))
    expect(JSON.stringify(content)).toContain(answer)
    expect(await refusalOf(chain({ ...table, content }))).toBeUndefined()
  })

  it.each([
    ['no nodes', { nodes: 'many', edges: [] }, 'nodes must be a list'],
    ['no input', { ...modelOf(), nodes: modelOf().nodes.slice(1) }, 'leads from or to no node'],
    [
      'two outputs',
      { ...modelOf(), nodes: [...modelOf().nodes, { id: 'b', name: 'b', type: 'outputNode' }] },
      'exactly one outputNode',
    ],
    [
      'code',
      { ...modelOf(), nodes: [...modelOf().nodes, { id: 'f', name: 'f', type: 'functionNode' }] },
      'may not be used',
    ],
    ['chance', modelOf({ when: 'rand(2) > 1', code: 'A', message: 'B' }), 'depends on chance'],
    ['the time', modelOf({ when: 'd().hour() > 5', code: 'A', message: 'B' }), 'depends on chance'],
    [
      'findings without points',
      chain({ ...findingsTable('t', 'T', [overTen('REVIEW')]), content: unpointed() }),
      'answers findings',
    ],
  ])('refuses a model with %s', async (_, model, message) => {
    expect(await refusalOf(model)).toContain(message)
  })

  it('refuses limits that are none, or beyond what the platform allows', async () => {
    const granting = (transaction: string) =>
      expressions({ findings: '[]', limits: `{transaction: ${transaction}, day: 5, month: 5}` })
    for (const outside of ['0', '100000001', 'null', '1.5']) {
      expect(await refusalOf(granting(outside), EXAMPLES, 'limits')).toMatch(/limit per payment|whole cents/)
    }
    expect(await refusalOf(modelOf(), EXAMPLES, 'limits')).toContain('limit per payment')
    for (const within of ['1', '100000000'])
      expect(await refusalOf(granting(within), EXAMPLES, 'limits')).toBeUndefined()
  })

  it('refuses names, descriptions and numbers of examples that are out of bounds', async () => {
    expect(await refusalOf(modelOf(), EXAMPLES, 'Not A Name')).toContain('input.name')
    expect(await refusalOf(modelOf(), [])).toContain('input.examples')
    expect(await refusalOf(modelOf(), Array(201).fill(EXAMPLES[0]))).toContain('input.examples')
  })

  it('needs the scope, and a person', async () => {
    const variables = { i: { name: 'test-scope', model: modelOf(), examples: EXAMPLES } }
    const reader = asUser(uuidv7(), 'rules:read')
    expect(await codesOf(fixture.rules.schema, reader, SAVE, variables)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    const application = { ...staff(), caller: { ...staff().caller, kind: 'application', subject: null } } as const
    expect(await codesOf(fixture.rules.schema, application, SAVE, variables)).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
  })
})

/** A table whose findings have a code and nothing else. */
function unpointed(): object {
  const table = findingsTable('t', 'T', [{ ...overTen('REVIEW'), when: 'true' }]).content as { outputs: object[] }
  return { ...table, outputs: table.outputs.slice(0, 1) }
}

describe('activating a version', () => {
  it('puts it in the place of the one before, which can be brought back', async () => {
    const [name, id] = [aName(), await fixture.customer()]
    const strict = await save(name, modelOf(overTen('DECLINE')))
    const mild = await save(name, modelOf(overTen('REVIEW')))
    await activate(name, strict)
    expect(await fixture.judge(id, 11)).toEqual(['DECLINE', 0, ['OVER_TEN']])
    await activate(name, mild)
    expect(await fixture.judge(id, 11)).toEqual(['REVIEW', 0, ['OVER_TEN']])
    const { ruleSets } = await fixture.asStaff<{ ruleSets: { name: string; status: string }[] }>(
      '{ ruleSets { name version status } }',
    )
    expect(ruleSets.filter((set) => set.name === name)).toEqual([
      { name, version: mild, status: 'ACTIVE' },
      { name, version: strict, status: 'RETIRED' },
    ])
    await activate(name, strict)
    expect(await fixture.judge(id, 11)).toEqual(['DECLINE', 0, ['OVER_TEN']])
  })

  it('reaches an instance that no wake-up reaches, and at once one that is woken', async () => {
    const [name, id] = [aName(), await fixture.customer()]
    const [asleep, woken] = [await fixture.anotherInstance(), await fixture.anotherInstance(wakeups)]
    const outcomeOn = async (on: RuleEngineSubgraph) => (await fixture.decide([payment(id, 11)], { on }))[0]?.outcome
    for (const instance of [asleep, woken]) expect(await outcomeOn(instance)).toBe('APPROVE')
    await activate(name, await save(name, modelOf(overTen('REVIEW'))))
    expect(await outcomeOn(woken)).toBe('REVIEW')
    await expect.poll(() => outcomeOn(asleep), { timeout: 30_000 }).toBe('REVIEW')
  })

  it('is kept: who, what, when, and nobody can change that or what a version says', async () => {
    const [name, by] = [aName(), uuidv7()]
    const version = await save(name, modelOf())
    await activate(name, version, staff(by))
    await activate(name, version, staff(by))
    const { ruleSet } = await fixture.asStaff<{ ruleSet: { changes: object[] } }>(
      'query ($n: String!) { ruleSet(name: $n) { changes { action actor at } } }',
      { n: name },
    )
    expect(ruleSet.changes).toMatchObject([
      { action: 'ACTIVATED', actor: by, at: NOON.toISOString() },
      { action: 'SAVED' },
    ])
    const { pool } = fixture.rules
    await expect(pool.query(`update rule_changes set actor = 'another'`)).rejects.toThrow('never changed')
    await expect(pool.query('delete from rule_changes')).rejects.toThrow('never changed')
    await expect(pool.query(`update rule_sets set model = '{}' where name = $1`, [name])).rejects.toThrow(
      'never changed',
    )
    await expect(pool.query('delete from rule_sets where name = $1', [name])).rejects.toThrow('never changed')
    const { rows } = await pool.query(
      `select data->>'action' as action from event_queue where key = $1 order by sequence`,
      [`rule-set:${name}`],
    )
    expect(rows).toEqual([{ action: 'SAVED' }, { action: 'ACTIVATED' }])
  })

  it('of a version that is not there is refused', async () => {
    expect(await codesOf(fixture.rules.schema, staff(), ACTIVATE, { n: 'limits', v: 99 })).toEqual(['NOT_FOUND'])
  })

  it('takes two people in production: one proposes, another activates', async () => {
    const production = await RulesFixture.start({ twoPeople: true })
    try {
      const [first, second] = [uuidv7(), uuidv7()]
      const by = (actor: string, version: number) =>
        [production.rules.schema, staff(actor), ACTIVATE, { n: 'test', v: version }] as const
      const version = await save('test', modelOf(overTen('DECLINE')), EXAMPLES, production)
      const other = await save('test', modelOf(), EXAMPLES, production)
      for (const proposed of [version, other]) {
        expect((await run(...by(first, proposed))).data?.activateRuleSet).toEqual({
          version: proposed,
          status: 'DRAFT',
          proposedBy: first,
        })
      }
      expect(await codesOf(...by(first, version))).toEqual(['FORBIDDEN'])
      const id = await production.customer()
      expect(await production.judge(id, 11)).toEqual(['APPROVE', 0, []])
      expect((await run(...by(second, version))).data?.activateRuleSet).toEqual({
        version,
        status: 'ACTIVE',
        proposedBy: null,
      })
      expect(await production.judge(id, 11)).toEqual(['DECLINE', 0, ['OVER_TEN']])
      // The other proposal was made against what is no longer in force.
      expect((await run(...by(second, other))).data?.activateRuleSet).toMatchObject({
        status: 'DRAFT',
        proposedBy: second,
      })
    } finally {
      await production.close()
    }
  })
})

describe('a version in force that fails on a payment', () => {
  it('stops that payment, and none that is decided with it', async () => {
    const name = aName()
    const failing = failingWhere('destinationCountry == "IN"')
    await activate(name, await save(name, failing))
    const ids = await Promise.all(Array.from({ length: 8 }, () => fixture.customer()))
    const outcomes = await Promise.allSettled(
      ids.map((id, index) => fixture.decide([payment(id, 11, { destinationCountry: index === 5 ? 'IN' : 'US' })])),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(
      ids.map((_, index) => (index === 5 ? 'rejected' : 'fulfilled')),
    )
    for (const [index, id] of ids.entries()) {
      expect((await fixture.windows(id)).DAY).toEqual(index === 5 ? undefined : [1, 1_100n])
    }
  })
})

describe('a shadow', () => {
  it('is recorded beside what is decided, and changes nothing of it', async () => {
    const [name, id] = [aName(), await fixture.customer()]
    await activate(name, await save(name, modelOf(overTen('REVIEW'))))
    const version = await save(name, modelOf(overTen('DECLINE', 'SHADOWED')))
    const shadowed = await fixture.asStaff<{ shadowRuleSet: object }>(SHADOW, { n: name, v: version })
    expect(shadowed.shadowRuleSet).toEqual({ version, shadow: true, status: 'DRAFT' })
    expect(await fixture.judge(id, 11)).toEqual(['REVIEW', 0, ['OVER_TEN']])
    expect(await fixture.judge(id, 12.5)).toEqual(['REVIEW', 0, ['OVER_TEN']])
    expect(await fixture.judge(id, 9)).toEqual(['APPROVE', 0, []])
    await fixture.decide([payment(id, 11)], { prepare: true })
    const { ruleSet } = await fixture.asStaff<{ ruleSet: object }>(
      `query ($n: String!, $v: Int) { ruleSet(name: $n, version: $v) {
         shadowReport { evaluated changed changes { before after count volume { amount currency } } } } }`,
      { n: name, v: version },
    )
    expect(ruleSet).toEqual({
      shadowReport: {
        evaluated: 3,
        changed: 2,
        changes: [{ before: 'REVIEW', after: 'DECLINE', count: 2, volume: [{ amount: '23.50', currency: 'USD' }] }],
      },
    })
    const ended = await fixture.asStaff<{ shadowRuleSet: object }>(SHADOW, { n: name })
    expect(ended.shadowRuleSet).toEqual({ version, shadow: false, status: 'DRAFT' })
    await fixture.decide([payment(id, 11)])
    const { rows } = await fixture.rules.pool.query('select 1 from shadow_decisions where rule_set_name = $1', [name])
    expect(rows).toHaveLength(3)
  })

  it('is one per name, never the active version, and over when it becomes that', async () => {
    const name = aName()
    const [active, one, two] = [await save(name, modelOf()), await save(name, modelOf()), await save(name, modelOf())]
    await activate(name, active)
    expect(await codesOf(fixture.rules.schema, staff(), SHADOW, { n: name })).toEqual(['NOT_FOUND'])
    expect(await codesOf(fixture.rules.schema, staff(), SHADOW, { n: name, v: 99 })).toEqual(['NOT_FOUND'])
    expect(await codesOf(fixture.rules.schema, staff(), SHADOW, { n: name, v: active })).toEqual(['CONFLICT'])
    for (const version of [one, two]) await fixture.asStaff(SHADOW, { n: name, v: version })
    await activate(name, two)
    const { rows } = await fixture.rules.pool.query('select version from rule_sets where name = $1 and shadow', [name])
    expect(rows).toEqual([])
  })

  it('that fails says so in its record, and stops nothing', async () => {
    const [name, id] = [aName(), await fixture.customer()]
    const failing = failingWhere('destinationCountry == "IN"')
    await fixture.asStaff(SHADOW, { n: name, v: await save(name, failing) })
    const [result] = await fixture.decide([payment(id, 11, { destinationCountry: 'IN' })])
    expect(result?.outcome).toBe('APPROVE')
    const { rows } = await fixture.rules.pool.query(
      'select outcome, failure from shadow_decisions where decision_id = $1',
      [result?.subjectId],
    )
    expect(rows).toMatchObject([{ outcome: null, failure: expect.stringContaining('Failed to evaluate expression') }])
    await fixture.asStaff(SHADOW, { n: name })
  })
})

describe('a backtest', () => {
  const BACKTEST = `mutation ($n: String!, $v: Int!, $f: DateTime!, $t: DateTime!) {
    backtestRuleSet(name: $n, version: $v, from: $f, to: $t) {
      evaluated changed changes { before after count volume { amount currency } } } }`
  const from = '2027-03-01T12:00:00.000Z'
  const to = '2027-03-01T13:00:00.000Z'

  it('says what a version would have changed on past payments, and how much money', async () => {
    fixture.clock.set(new Date('2027-03-01T12:30:00.000Z'))
    const [name, id] = [aName(), await fixture.customer({ timeZone: 'UTC' })]
    await activate(name, await save(name, modelOf(overTen('REVIEW'))))
    await fixture.decide([payment(id, 9), payment(id, 11), payment(id, 1_000), payment(id, 60_000)])
    await fixture.decide([payment(id, 11)], { prepare: true })
    fixture.clock.set(new Date(to))
    await fixture.decide([payment(id, 11)])
    fixture.clock.set(NOON)
    const silent = await save(name, modelOf())
    const { backtestRuleSet } = await fixture.asStaff<{ backtestRuleSet: object }>(BACKTEST, {
      n: name,
      v: silent,
      f: from,
      t: to,
    })
    expect(backtestRuleSet).toEqual({
      evaluated: 4,
      changed: 2,
      changes: [{ before: 'REVIEW', after: 'APPROVE', count: 2, volume: [{ amount: '1011.00', currency: 'USD' }] }],
    })
  })

  it('refuses a period with more payments than it decides again in one call', async () => {
    await fixture.rules.pool.query(
      `insert into decisions (id, prepared, customer_id, outcome, risk_score, reasons, limits, inputs, rule_sets, decided_at)
       select gen_random_uuid(), false, gen_random_uuid(), 'APPROVE', 0, '[]', '[]', '{}', '{}', '2028-01-01T00:00Z'
       from generate_series(1, 50001)`,
    )
    const period = { f: '2028-01-01T00:00:00Z', t: '2028-01-02T00:00:00Z' }
    expect(await codesOf(fixture.rules.schema, staff(), BACKTEST, { n: 'limits', v: 1, ...period })).toEqual([
      'BATCH_TOO_LARGE',
    ])
  })

  it('refuses a period that ends before it begins, a version that is not there, and one that fails', async () => {
    const codes = (variables: object) =>
      codesOf(fixture.rules.schema, staff(), BACKTEST, { n: 'limits', v: 1, f: from, t: to, ...variables })
    expect(await codes({ f: to, t: from })).toEqual(['BAD_USER_INPUT'])
    expect(await codes({ f: 'yesterday' })).toEqual(['BAD_USER_INPUT'])
    expect(await codes({ v: 99 })).toEqual(['NOT_FOUND'])
    const failing = failingWhere('amountUsdMinor == 6000000')
    const name = aName()
    expect(await codes({ n: name, v: await save(name, failing) })).toEqual(['CONFLICT'])
  })
})
