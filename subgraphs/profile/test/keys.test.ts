import { randomBytes } from 'node:crypto'
import { uuidv7 } from '@corridor/platform'
import type { SubgraphContext } from '@corridor/subgraph'
import { dataOf } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../src/commands/run-command.ts'
import { createProfileSubgraph, type ProfileSubgraph, type ProfileSubgraphDeps } from '../src/index.ts'
import type { KycProvider } from '../src/kyc/kyc-provider.ts'
import { customer, type StartedProfile, startProfile } from './started-profile.ts'

/** Answers at once; the test is of what is kept. */
const provider: KycProvider = {
  name: 'test',
  start: async ({ checkId }) => ({ reference: checkId, redirectUrl: 'https://example.com/go-on' }),
  read: async () => ({ ok: true, value: null }),
}
let started: StartedProfile

beforeAll(async () => {
  started = await startProfile({ kycProviders: [provider] })
})
afterAll(() => started.close())

const ME = `{ me { username email givenName familyName phone address { city } kyc { note redirectUrl }
  beneficiaries { name accountNumber bankName } } }`
const read = (by: SubgraphContext, { schema } = started.subgraph) => dataOf<{ me: object }>(schema, by, ME)

/** A process of its own, so that no key is remembered. */
async function withFresh<T>(deps: ProfileSubgraphDeps, work: (subgraph: ProfileSubgraph) => Promise<T>): Promise<T> {
  const subgraph = await createProfileSubgraph(deps)
  try {
    return await work(subgraph)
  } finally {
    await subgraph.close()
  }
}

async function person(): Promise<SubgraphContext> {
  const by = customer(uuidv7(), 'profile:write')
  const { schema } = started.subgraph
  const address = 'address: { street: "1 Street", city: "Paris", postalCode: "1", country: "FR" }'
  await dataOf(schema, by, `mutation { updateProfile(input: { phone: "+14155550123", ${address} }) { id } }`)
  const input = {
    ...{ idempotencyKey: uuidv7(), name: 'Ada', country: 'DE', currency: 'EUR', delivery: 'BANK' },
    ...{ accountNumber: 'DE89370400440532013000', bankName: 'Bank' },
  }
  await dataOf(schema, by, 'mutation ($input: AddBeneficiaryInput!) { addBeneficiary(input: $input) { id } }', {
    input,
  })
  await dataOf(schema, by, 'mutation { startKyc(level: BASIC) { id } }')
  await started.subgraph.useCases.decideKyc({
    ...{ profileId: by.caller.subject ?? '', status: 'PENDING', level: null, note: 'seen', decidedBy: null },
  })
  await dataOf(schema, by, 'mutation { startKyc(level: BASIC) { id } }')
  return by
}

const SEALED = [
  ...['username_ct', 'email_ct', 'given_name_ct', 'family_name_ct', 'phone_ct', 'address_ct', 'kyc_note_ct'].map(
    (column) => ({ table: 'profiles', owner: 'id', column }),
  ),
  ...['name_ct', 'account_number_ct', 'bank_name_ct'].map((column) => ({
    ...{ table: 'beneficiaries', owner: 'owner_id', column },
  })),
  { table: 'kyc_checks', owner: 'profile_id', column: 'redirect_url_ct' },
]

describe('what is sealed', () => {
  it('is every column of ciphertext that there is', async () => {
    const columns = await started.rows(
      `select table_name as table, column_name as column from information_schema.columns
       where table_schema = 'public' and column_name like '%\\_ct' order by 1, 2`,
    )
    const listed = SEALED.map(({ table, column }) => ({ table, column }))
    const order = (a: { table: string; column: string }, b: { table: string; column: string }) =>
      `${a.table}.${a.column}` < `${b.table}.${b.column}` ? -1 : 1
    expect(columns).toEqual(listed.sort(order))
  })

  it.each(SEALED)('opens in its own row alone: $table.$column', async ({ table, owner, column }) => {
    const [one, two] = [await person(), await person()]
    const open = table === 'kyc_checks' ? `and state = 'OPEN'` : ''
    const from = `(select ${column} from ${table} where ${owner} = $2 ${open})`
    const move = `update ${table} set ${column} = ${from} where ${owner} = $1 ${open} returning 1`
    await read(one)
    expect(await started.rows(move, [one.caller.subject, two.caller.subject])).toHaveLength(1)
    await expect(read(one)).rejects.toThrow()
  })

  it.each(SEALED.filter(({ table }) => table !== 'kyc_checks'))(
    'opens in its own column alone: $table.$column',
    async ({ table, owner, column }) => {
      const by = await person()
      const neighbours = SEALED.filter((each) => each.table === table && each.column !== column)
      for (const neighbour of neighbours) {
        const before = await started.rows(`select ${column} as value from ${table} where ${owner} = $1`, [
          by.caller.subject,
        ])
        await started.rows(`update ${table} set ${column} = ${neighbour.column} where ${owner} = $1`, [
          by.caller.subject,
        ])
        await expect(read(by), neighbour.column).rejects.toThrow()
        await started.rows(`update ${table} set ${column} = $2 where ${owner} = $1`, [
          by.caller.subject,
          before[0]?.value,
        ])
      }
      await read(by)
    },
  )

  it('opens with its subject’s key alone, and a key with its subject alone', async () => {
    const [one, two] = [await person(), await person()]
    await started.keyRows(
      `update subject_keys set wrapped_key = (select wrapped_key from subject_keys where subject = $2) where subject = $1`,
      [one.caller.subject, two.caller.subject],
    )
    await withFresh(started.deps, async (subgraph) => {
      await expect(read(one, subgraph)).rejects.toThrow()
      await read(two, subgraph)
    })
  })

  it('does not open where one bit was turned', async () => {
    const by = await person()
    await started.rows(
      'update profiles set email_ct = set_byte(email_ct, 30, get_byte(email_ct, 30) # 1) where id = $1',
      [by.caller.subject],
    )
    await expect(read(by)).rejects.toThrow()
  })
})

describe('the master key', () => {
  it('is changed: earlier ones still open, a command wraps every key anew, and then they are not needed', async () => {
    const fresh = await startProfile()
    const by = customer()
    await dataOf(fresh.subgraph.schema, by, '{ me { id } }')
    const masterKey = randomBytes(32).toString('base64')
    const both = { ...fresh.deps, masterKey, previousMasterKeys: [fresh.deps.masterKey] }
    const alone = { ...fresh.deps, masterKey }
    const email = (deps: ProfileSubgraphDeps) =>
      withFresh(deps, (subgraph) => dataOf(subgraph.schema, by, '{ me { email } }'))
    await expect(email(alone)).rejects.toThrow('is not configured')
    const opened = await email(both)
    const [before] = await fresh.rows('select email_ct from profiles where id = $1', [by.caller.subject])
    expect(await runCommand(['rotate-keys'], both)).toMatch(/^1 keys were wrapped anew/)
    expect(await runCommand(['rotate-keys'], both)).toMatch(/^0 keys were wrapped anew/)
    expect(await email(alone)).toEqual(opened)
    expect(await fresh.rows('select email_ct from profiles where id = $1', [by.caller.subject])).toEqual([before])
    await fresh.close()
  })

  it('has 32 bytes', async () => {
    await expect(createProfileSubgraph({ ...started.deps, masterKey: 'c2hvcnQ=' })).rejects.toThrow('32 bytes')
  })
})
