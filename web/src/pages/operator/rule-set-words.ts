export const RULE_SET_STATUS = {
  DRAFT: { text: 'Draft', tone: 'neutral' },
  ACTIVE: { text: 'Active', tone: 'good' },
  RETIRED: { text: 'Retired', tone: 'neutral' },
} as const
