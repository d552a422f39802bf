import { describe, expect, it } from 'vitest'
import { expressionsOf, tablesOf } from './rule-model.ts'

const MODEL = {
  contentType: 'application/vnd.gorules.decision',
  nodes: [
    { id: 'request', name: 'Request', type: 'inputNode' },
    {
      id: 'findings',
      name: 'What speaks against it',
      type: 'decisionTableNode',
      content: {
        hitPolicy: 'collect',
        inputs: [{ id: 'when', name: 'When' }],
        outputs: [{ id: 'code', name: 'Code', field: 'code' }],
        rules: [
          { _id: 'findings-1', when: 'amountUsd > 10000', code: '"HIGH_VALUE"' },
          { _id: 'findings-2', when: '', code: '"a" + "b"' },
        ],
      },
    },
    {
      id: 'score',
      name: 'Score',
      type: 'expressionNode',
      content: { expressions: [{ id: '1', key: 'score', value: 'sum(map(findings, #.points))' }] },
    },
    { id: 'odd', name: 'Odd', type: 'decisionTableNode' },
  ],
  edges: [],
}

describe('a decision model', () => {
  it('is shown as tables that can be read', () => {
    expect(tablesOf(MODEL)[0]).toEqual({
      id: 'findings',
      name: 'What speaks against it',
      takes: 'every row that matches',
      columns: [
        { id: 'when', name: 'When', isInput: true },
        { id: 'code', name: 'Code', isInput: false },
      ],
      rows: [
        { id: 'findings-1', cells: { when: 'amountUsd > 10000', code: 'HIGH_VALUE' } },
        { id: 'findings-2', cells: { when: 'any', code: '"a" + "b"' } },
      ],
    })
  })

  it('shows its expressions, and a node without content as empty', () => {
    expect(expressionsOf(MODEL)).toEqual([
      { id: 'score', name: 'Score', expressions: [{ key: 'score', value: 'sum(map(findings, #.points))' }] },
    ])
    expect(tablesOf(MODEL)[1]).toMatchObject({ name: 'Odd', columns: [], rows: [] })
  })

  it('that is none has nothing to show', () => {
    expect(tablesOf({})).toEqual([])
    expect(expressionsOf({ nodes: 'none' })).toEqual([])
  })
})
