import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uuidv7 } from '@corridor/platform'
import { asService, dataOf } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../src/commands/run-command.ts'
import { customer, type StartedProfile, startProfile } from './started-profile.ts'

let started: StartedProfile
let folder: string

beforeAll(async () => {
  started = await startProfile()
  folder = mkdtempSync(join(tmpdir(), 'corridor-names-'))
})
afterAll(async () => {
  await started.close()
  rmSync(folder, { recursive: true })
})

const importNames = async (list: string, names: readonly string[]): Promise<string | undefined> => {
  const file = join(folder, 'names.csv')
  writeFileSync(file, `id,name\n${names.map((name, i) => `${i},"${name}"`).join('\n')}\n`)
  return await runCommand(['import-names', list, file], started.deps)
}
const named = (givenName: string, familyName: string) => {
  const context = customer(uuidv7(), 'profile:write')
  return { ...context, caller: { ...context.caller, claims: { givenName, familyName, email: 'x@example.com' } } }
}
type Person = ReturnType<typeof named>
const see = (by: Person) => dataOf(started.subgraph.schema, by, '{ me { id } }')
const screening = async (by: Person) =>
  (
    await started.rows('select data->$2 as screening from event_queue where key = $1 order by sequence', [
      by.caller.subject,
      'screening',
    ])
  ).map((row) => row.screening)
const rescreen = async () => {
  while (await started.core.screening.round());
}
const ADD = 'mutation ($input: AddBeneficiaryInput!) { addBeneficiary(input: $input) { id } }'
const add = async (by: Person, name: string): Promise<string> => {
  const input = { idempotencyKey: uuidv7(), name, country: 'US', currency: 'USD', delivery: 'CASH_PICKUP' }
  return (await dataOf<{ addBeneficiary: { id: string } }>(started.subgraph.schema, by, ADD, { input })).addBeneficiary
    .id
}

describe('the screening of names', () => {
  it('finds nobody before there is a list', async () => {
    const by = named('Viktor', 'Bout')
    await see(by)
    expect(await screening(by)).toEqual([{ match: false, score: 0, listVersion: 0 }])
  })

  it('says its result at the first sight of a customer, and never a name', async () => {
    expect(await importNames('sanctions', ['Viktor Bout', 'Nicolás Maduro'])).toMatch(/2 names now, as version 1/)
    const by = named('Nicolas', 'Maduro')
    await see(by)
    expect(await screening(by)).toEqual([{ match: true, score: 100, listVersion: 1 }])
    expect(JSON.stringify(await started.rows('select * from event_queue'))).not.toMatch(/nicolas|maduro/i)
  })

  it('follows a change of the list, for customers who are there already, once', async () => {
    const by = named('Grace', 'Okafor')
    await see(by)
    await rescreen()
    await importNames('sanctions', ['Viktor Bout', 'Grace Okafor'])
    await rescreen()
    await rescreen()
    expect(await screening(by)).toEqual([
      { match: false, score: 0, listVersion: 1 },
      { match: true, score: 100, listVersion: 2 },
    ])
    expect(
      await started.rows(`select actor from audit_log where subject = $1 and action = 'screening.changed'`, [
        by.caller.subject,
      ]),
    ).toEqual([{ actor: 'profile-service' }])
  })

  it('looks at every list, and has one count of versions over all of them', async () => {
    expect(await importNames('politicians', ['Marie Dupont'])).toMatch(/version 3/)
    const by = named('Marie', 'Dupont')
    await see(by)
    expect(await screening(by)).toEqual([{ match: true, score: 100, listVersion: 3 }])
  })

  it('looks at those whom a customer pays, when they are added and when a list changes', async () => {
    const by = named('Ada', 'Lovelace')
    const id = await add(by, 'Viktor Bout')
    const other = await add(by, 'Jean Valjean')
    expect((await screening(by)).map((each) => (each as { match: boolean }).match)).toEqual([false, true, true])
    const asked = 'query ($ids: [ID!]!) { paymentBeneficiaries(ids: $ids) { screening { match score listVersion } } }'
    const known = async () =>
      await dataOf(started.subgraph.schema, asService('payment-service'), asked, { ids: [id, other] })
    expect(await known()).toMatchObject({
      paymentBeneficiaries: [{ screening: { match: true, score: 100 } }, { screening: { match: false, score: 0 } }],
    })
    await importNames('sanctions', ['Jean Valjean'])
    await rescreen()
    expect(await known()).toEqual({
      paymentBeneficiaries: [
        { screening: { match: false, score: 0, listVersion: 4 } },
        { screening: { match: true, score: 100, listVersion: 4 } },
      ],
    })
    await dataOf(started.subgraph.schema, by, 'mutation ($id: ID!) { removeBeneficiary(id: $id) }', { id: other })
    expect((await screening(by)).at(-1)).toMatchObject({ match: false })
  })

  it('looks again at who takes another name', async () => {
    const by = named('Ada', 'Lovelace')
    await see(by)
    const update = 'mutation { updateProfile(input: { givenName: "Jean", familyName: "Valjean" }) { id } }'
    await dataOf(started.subgraph.schema, by, update)
    expect((await screening(by)).at(-1)).toMatchObject({ match: true, score: 100 })
  })

  it('takes no list without names, nor one that it cannot name', async () => {
    await expect(importNames('sanctions', [])).rejects.toThrow('this one has 0')
    await expect(importNames('Sanctions List', ['x'])).rejects.toThrow('the name of a list')
    expect(await runCommand(['import-names', 'sanctions'], started.deps)).toBeUndefined()
  })
})
