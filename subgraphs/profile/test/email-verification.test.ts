import { uuidv7 } from '@corridor/platform'
import { asService, asUser, codesOf, dataOf, type TestClock, testClock } from '@corridor/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CANARY, customer, type StartedProfile, startProfile } from './started-profile.ts'

let clock: TestClock
let started: StartedProfile

beforeAll(async () => {
  clock = testClock()
  started = await startProfile({ clock })
})
afterAll(() => started.close())

const RESEND = 'mutation { resendEmailVerification }'
const VERIFY = 'mutation ($code: String!) { verifyEmail(code: $code) { emailVerified } }'
const MAIL = 'query ($id: ID!) { emailVerification(id: $id) { email givenName locale code expiresAt } }'
type Mail = { emailVerification: { code: string; email: string } | null }

const schema = () => started.subgraph.schema
const person = () => customer(uuidv7(), 'profile:write')
const resend = (by: ReturnType<typeof person>) => codesOf(schema(), by, RESEND)
const verify = (by: ReturnType<typeof person>, code: string) => codesOf(schema(), by, VERIFY, { code })
/** The id that the newest event names: what the mailer goes by. */
const asked = async (by: ReturnType<typeof person>): Promise<string> => {
  const [event] = await started.rows(
    `select data->>'verificationId' as id from event_queue
     where key = $1 and type = 'profile.email_verification_requested' order by sequence desc limit 1`,
    [by.caller.subject],
  )
  return String(event?.id)
}
const mail = async (id: string) => (await dataOf<Mail>(schema(), asService('mailer'), MAIL, { id })).emailVerification
const codeOf = async (by: ReturnType<typeof person>): Promise<string> => (await mail(await asked(by)))?.code ?? ''

describe('the code of an e-mail address', () => {
  it('proves it, once', async () => {
    const by = person()
    expect(await resend(by)).toEqual([])
    const code = await codeOf(by)
    expect(code).toMatch(/^\d{8}$/)
    expect(await verify(by, ` ${code.slice(0, 4)} ${code.slice(4)} `)).toEqual([])
    expect(await dataOf(schema(), by, '{ me { emailVerified } }')).toEqual({ me: { emailVerified: true } })
    expect(await verify(by, code)).toEqual(['BAD_USER_INPUT'])
    expect(await resend(by)).toEqual(['CONFLICT'])
  })

  it('is the same in every mail, and is kept nowhere', async () => {
    const by = person()
    await resend(by)
    const id = await asked(by)
    const [first, again] = [await mail(id), await mail(id)]
    expect(again).toEqual(first)
    expect(first).toMatchObject({ email: `${CANARY}@example.com`, givenName: 'Ada', locale: 'en-US' })
    const dump = await started.rows(
      'select v::text, e::text from email_verifications v, event_queue e where v.profile_id = $1 and e.key = v.profile_id::text',
      [by.caller.subject],
    )
    expect(JSON.stringify(dump)).not.toContain(first?.code)
  })

  it('is not another’s, nor one guessed, and bears five guesses', async () => {
    const [by, other] = [person(), person()]
    await resend(by)
    await resend(other)
    const code = await codeOf(by)
    expect(await verify(other, code)).toEqual(['BAD_USER_INPUT'])
    for (const wrong of ['', '1', '123456789', 'abcdefgh', '１２３４５６７８']) {
      expect(await verify(by, wrong)).toEqual(['BAD_USER_INPUT'])
    }
    expect(await verify(by, code)).toEqual(['BAD_USER_INPUT']) // The right one, after five wrong ones.
  })

  it('ends after an hour, for the mail too', async () => {
    const by = person()
    await resend(by)
    const code = await codeOf(by)
    clock.advanceMs(60 * 60_000)
    expect(await mail(await asked(by))).toBeNull()
    expect(await verify(by, code)).toEqual(['BAD_USER_INPUT'])
  })

  it('is replaced by the next one, which may be had a minute later', async () => {
    const by = person()
    await resend(by)
    const first = await codeOf(by)
    expect(await resend(by)).toEqual(['TOO_MANY_REQUESTS'])
    clock.advanceMs(60_000)
    expect(await resend(by)).toEqual([])
    expect(await verify(by, first)).toEqual(['BAD_USER_INPUT'])
    expect(await verify(by, await codeOf(by))).toEqual([])
  })

  it('is for the mailer alone, as are addresses', async () => {
    const by = person()
    await resend(by)
    const id = await asked(by)
    const recipients = 'query ($ids: [ID!]!) { mailRecipients(profileIds: $ids) { id email emailVerified } }'
    for (const stranger of [asService('payment-service'), asUser(uuidv7(), 'profile:admin'), by]) {
      expect(await codesOf(schema(), stranger, MAIL, { id })).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
      expect(await codesOf(schema(), stranger, recipients, { ids: [] })).toEqual(['UNAUTHORIZED_FIELD_OR_TYPE'])
    }
    const subject = by.caller.subject
    expect(await dataOf(schema(), asService('mailer'), recipients, { ids: [uuidv7(), subject] })).toEqual({
      mailRecipients: [null, { id: subject, email: `${CANARY}@example.com`, emailVerified: false }],
    })
    expect(
      await started.rows(`select actor from audit_log where subject = $1 and action = 'profile.mailed'`, [subject]),
    ).toEqual([{ actor: 'mailer' }])
  })
})
