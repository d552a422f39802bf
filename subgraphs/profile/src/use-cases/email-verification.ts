import { accept, isUuid, type Result, refuse, type SqlClient, uuidv7 } from '@corridor/platform'
import type { Profile } from '../domain/profile.ts'
import { isCode, verificationCode } from '../domain/verification-code.ts'
import { audit } from './audit-log.ts'
import { millisecondsOf } from './instants.ts'
import type { Announcement, ProfileStore } from './profile-store.ts'

const VALID_MS = 60 * 60_000
const MIN_INTERVAL_MS = 60_000
const MAX_FAILED_ATTEMPTS = 5

interface Verification {
  readonly id: string
  readonly profileId: string
  readonly requestedMs: number
  readonly expiresMs: number
  readonly failedAttempts: number
}

/** What a mail needs that carries a code. */
export interface VerificationMail {
  readonly id: string
  readonly email: string
  readonly givenName: string | null
  readonly locale: string
  readonly code: string
  readonly expiresAt: Date
}

/** Puts a new code out, in place of an earlier one, and says so: the mail is made from the event, and asks for the code. */
export async function requestVerification(sql: SqlClient, profileId: string, now: Date): Promise<Announcement> {
  const id = uuidv7()
  await sql.query(
    `insert into email_verifications (profile_id, id, requested_at, expires_at) values ($1, $2, $3, $4)
     on conflict (profile_id) do update set id = excluded.id, requested_at = excluded.requested_at,
       expires_at = excluded.expires_at, failed_attempts = 0`,
    [profileId, id, now, new Date(now.getTime() + VALID_MS)],
  )
  return { type: 'profile.email_verification_requested', data: { verificationId: id } }
}

/** Proves e-mail addresses by a code that expires, works once, and bears a few wrong guesses. */
export class EmailVerification {
  constructor(private readonly store: ProfileStore) {}

  /** Takes the code. A wrong, used and expired one are told alike. */
  async verify(profileId: string, code: string): Promise<Result<Profile>> {
    let proven = false
    const changed = await this.store.change(profileId, async ({ sql, record, key, now }) => {
      const out = await readVerification(sql, 'profile_id', profileId)
      const open = out !== null && out.expiresMs > now.getTime() && out.failedAttempts < MAX_FAILED_ATTEMPTS
      if (!open) return accept([])
      if (!isCode(code, verificationCode(key, out.id))) {
        await sql.query('update email_verifications set failed_attempts = failed_attempts + 1 where id = $1', [out.id])
        return accept([])
      }
      await sql.query('delete from email_verifications where id = $1', [out.id])
      proven = true
      record.emailVerified = true
      await audit(
        sql,
        [{ actor: profileId, subject: profileId, action: 'email.verified', fields: ['emailVerified'] }],
        now,
      )
      return accept([{ type: 'profile.email_verified' }])
    })
    // A wrong guess is counted, so it is refused after its commit.
    return changed.ok && !proven ? refuse('BAD_USER_INPUT', 'The code is not valid, or not any more.', 'code') : changed
  }

  /** Puts a new code out; the earlier one stops working. */
  async resend(profileId: string): Promise<Result<Profile>> {
    return await this.store.change(profileId, async ({ sql, record, now }) => {
      if (record.emailVerified) return refuse('CONFLICT', 'The e-mail address is verified already.')
      if (record.emailCt === null) return refuse('CONFLICT', 'There is no e-mail address to verify.')
      const out = await readVerification(sql, 'profile_id', profileId)
      if (out && out.requestedMs + MIN_INTERVAL_MS > now.getTime()) {
        return refuse('TOO_MANY_REQUESTS', 'A code was sent within the last minute.')
      }
      return accept([await requestVerification(sql, profileId, now)])
    })
  }

  /** The mail of a code; null once the code is used, replaced or expired. */
  async mail(verificationId: string): Promise<VerificationMail | null> {
    const { sql, deps } = this.store
    const out = isUuid(verificationId) ? await readVerification(sql, 'id', verificationId) : null
    if (!out || out.expiresMs <= deps.clock.now().getTime()) return null
    const profile = await this.store.profile(out.profileId)
    const key = (await deps.keys.read([out.profileId])).get(out.profileId)
    if (!key || !profile?.email) return null
    const { email, givenName, locale } = profile
    return {
      id: out.id,
      email,
      givenName,
      locale,
      code: verificationCode(key, out.id),
      expiresAt: new Date(out.expiresMs),
    }
  }
}

async function readVerification(
  sql: SqlClient,
  column: 'id' | 'profile_id',
  value: string,
): Promise<Verification | null> {
  const { rows } = await sql.query<Verification>(
    `select id, profile_id as "profileId", ${millisecondsOf('requested_at')} as "requestedMs",
       ${millisecondsOf('expires_at')} as "expiresMs",
       failed_attempts as "failedAttempts" from email_verifications where ${column} = $1`,
    [value],
  )
  return rows[0] ?? null
}
