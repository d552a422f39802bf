import type { ApiClient } from '@corridor/embedded'

const READ = '{ ruleSet(name: "fraud") { model } }'
const SAVE = 'mutation ($input: SaveRuleSetInput!) { saveRuleSet(input: $input) { version } }'
const ACTIVATE = 'mutation ($version: Int!) { activateRuleSet(name: "fraud", version: $version) { version } }'
const ORDINARY = { input: {}, outcome: 'APPROVE' }
const REVIEWED_FROM = 100
const RAISED_TO = 1_000_000

/** All rules stay, but nobody's payments go to review for being many: the load's are, and are to complete. */
export async function raisePace(operator: ApiClient): Promise<void> {
  const { ruleSet } = await operator.request<{ ruleSet: { model: object } }>(READ)
  const text = JSON.stringify(ruleSet.model)
  const raised = text.replaceAll(/(payments (?:>=|<) )(\d+)/g, (whole, compared: string, count: string) =>
    Number(count) === REVIEWED_FROM ? `${compared}${RAISED_TO}` : whole,
  )
  if (raised === text) throw new Error('the rule set "fraud" is not as this test knows it')
  const input = { name: 'fraud', model: JSON.parse(raised), examples: [ORDINARY] }
  const { saveRuleSet } = await operator.request<{ saveRuleSet: { version: number } }>(SAVE, { input })
  await operator.request(ACTIVATE, { version: saveRuleSet.version })
}
