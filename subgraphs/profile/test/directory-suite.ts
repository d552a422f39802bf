import { uuidv7 } from '@corridor/platform'
import { expect, it } from 'vitest'
import type { IdentityDirectory, NewIdentityUser } from '../src/identity/identity-directory.ts'

/** Somebody to be created. */
export const newUser = (changes: Partial<NewIdentityUser> = {}): NewIdentityUser => ({
  ...{ username: `ada-${uuidv7()}`, email: 'ada@example.com', givenName: 'Ada', familyName: 'Lovelace' },
  ...{ phone: '+14155550123', country: null, timeZone: 'Europe/London', locale: 'en-GB' },
  ...{ password: 'Corr3ctHorse', externalId: uuidv7() },
  ...changes,
})

export const created = async (directory: IdentityDirectory, user: NewIdentityUser): Promise<string> => {
  const result = await directory.create(user)
  if (!result.ok) throw new Error(result.message)
  return result.value
}

/** The library's server gives 20 at a time, however many are asked for. */
const SEVERAL_PAGES = 45

/** What every directory of users does; run against each implementation, each in a file of its own. */
export function behavesAsDirectory(directory: () => IdentityDirectory): void {
  it('creates a user, who is found by id and by the id that was chosen for him', async () => {
    const { password, externalId, ...details } = newUser()
    const id = await created(directory(), { ...details, password, externalId })
    expect(await directory().find(id)).toMatchObject({ id, ...details })
    expect(await directory().findByExternalId(externalId)).toMatchObject({ id })
    expect(await directory().findByExternalId(uuidv7())).toBeNull()
    expect(await directory().find(uuidv7())).toBeNull()
  })

  it('refuses a name that is taken', async () => {
    const user = newUser()
    await created(directory(), user)
    expect(await directory().create({ ...user, externalId: uuidv7() })).toMatchObject({ ok: false, code: 'CONFLICT' })
  })

  it('brings a user to other details, and takes away what is not there any more', async () => {
    const { password: _p, externalId: _e, ...details } = newUser()
    const id = await created(directory(), { ...details, password: 'Corr3ctHorse', externalId: uuidv7() })
    const changed = { ...details, email: 'other@example.com', familyName: 'Byron', phone: null }
    expect(await directory().update(id, changed)).toBe(true)
    expect(await directory().find(id)).toMatchObject(changed)
    expect(await directory().update(id, changed)).toBe(true)
    expect(await directory().update(uuidv7(), details)).toBe(false)
  })

  it('knows a password, and sets another', async () => {
    const user = newUser()
    const id = await created(directory(), user)
    expect(await directory().hasPassword(user.username, 'Wr0ngHorses')).toBe(false)
    expect(await directory().hasPassword(user.username, user.password)).toBe(true)
    expect(await directory().setPassword(id, 'An0therHorse')).toMatchObject({ ok: true })
    expect(await directory().hasPassword(user.username, user.password)).toBe(false)
    expect(await directory().hasPassword(user.username, 'An0therHorse')).toBe(true)
    expect(await directory().setPassword(uuidv7(), 'An0therHorse')).toMatchObject({ ok: false, code: 'NOT_FOUND' })
  })

  it('removes a user, and is content where there is none', async () => {
    const id = await created(directory(), newUser())
    await directory().remove(id)
    expect(await directory().find(id)).toBeNull()
    await directory().remove(id)
  })

  it('tells who has changed since an instant, page by page', async () => {
    const first = await created(directory(), newUser())
    const since = (await directory().find(first))?.lastModified ?? ''
    const others: string[] = []
    while (others.length < SEVERAL_PAGES) {
      others.push(...(await Promise.all(Array.from({ length: 5 }, () => created(directory(), newUser())))))
    }
    const told: string[] = []
    for await (const page of directory().changedSince(since)) told.push(...page.map(({ id }) => id))
    expect([first, ...others].filter((id) => !told.includes(id))).toEqual([])
    expect(told.length).toBe(new Set(told).size)
    const never = '2999-01-01T00:00:00.000Z'
    for await (const page of directory().changedSince(never)) expect(page).toEqual([])
  }, 30_000)
}
