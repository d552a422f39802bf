import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../src/root.ts'
import { readSupergraphEntries } from '../src/supergraph-config.ts'
import { readSupergraph, type SupergraphModel } from '../src/supergraph-model.ts'
import {
  eventFieldsNamedLikeSubscriptions,
  namesakesWithoutScope,
  publicRootFields,
  requiredAcrossSubgraphs,
  requiredThoughGuarded,
} from '../src/supergraph-rules.ts'
import { presentSubgraphs, presentSupergraph } from './present-supergraph.ts'

/** Of each entity: the subgraph that it lives in. Others add fields to it, and name it. */
const HOMES = {
  Account: 'LEDGER',
  Beneficiary: 'PROFILE',
  FxQuote: 'FOREX',
  Party: 'PROFILE',
  Payment: 'PAYMENT',
  Profile: 'PROFILE',
  RuleDecision: 'RULE_ENGINE',
  Transfer: 'LEDGER',
  Wallet: 'WALLET',
}

/**
 * Required though its scope is not its parent's: an event is an event of a payment and an entry is one of a transfer, and
 * every role has both scopes.
 */
const REQUIRED_ALL_THE_SAME = ['PaymentEvent.payment', 'Entry.transfer']

describe('the supergraph', () => {
  let model: SupergraphModel
  beforeAll(() => {
    model = readSupergraph(presentSupergraph())
  })

  it('is composed of every subgraph that has code', () => {
    const { subgraphs } = readSupergraphEntries(ROOT)
    const withCode = subgraphs.filter(({ file }) => existsSync(join(ROOT, dirname(file), 'src', 'index.ts')))
    expect(presentSubgraphs().map(({ name }) => name)).toEqual(withCode.map(({ name }) => name))
  })

  it('is committed as it is composed, once all subgraphs are there', () => {
    if (presentSubgraphs().length < readSupergraphEntries(ROOT).subgraphs.length) return
    const path = join(ROOT, 'supergraph.graphql')
    expect(existsSync(path) ? readFileSync(path, 'utf8') : 'There is none: npm run compose.').toBe(presentSupergraph())
  })

  it('has fields of all three operations', () => {
    for (const operation of ['Query', 'Mutation', 'Subscription']) {
      expect(model.fields.get(operation)?.length).toBeGreaterThan(0)
    }
  })

  it('is open without a token for registration alone', () => {
    expect(publicRootFields(model).filter((field) => field !== 'Mutation.registerProfile')).toEqual([])
  })

  it('gives a nested field that shares the name of a root field that field’s scope', () => {
    expect(namesakesWithoutScope(model)).toEqual([])
  })

  it('has no field in an event that is named like a subscription', () => {
    expect(eventFieldsNamedLikeSubscriptions(model)).toEqual([])
  })

  it('requires nothing that another subgraph supplies', () => {
    expect(requiredAcrossSubgraphs(model, HOMES)).toEqual([])
  })

  it('requires nothing that a caller who came so far may be refused', () => {
    expect(requiredThoughGuarded(model).filter((field) => !REQUIRED_ALL_THE_SAME.includes(field))).toEqual([])
  })
})
