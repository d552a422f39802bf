import { accept, invariant, type Result, refuse, uuidv7 } from '@corridor/platform'
import { hasLevel, whenDecided, whenFound, whenStarted } from '../domain/kyc.ts'
import type { KycLevel, KycStatus, Profile } from '../domain/profile.ts'
import type { CallbackRequest, KycProvider, StartedCheck } from '../kyc/kyc-provider.ts'
import { sealColumn } from '../privacy/profile-cipher.ts'
import { seal } from '../privacy/sealed.ts'
import { audit } from './audit-log.ts'
import { checkOf, claimCallback, closeCheck, lockCheck, openCheckOf, redirectPlace } from './kyc-checks.ts'
import type { Changing, ProfileStore } from './profile-store.ts'

export interface KycDecision {
  readonly profileId: string
  readonly status: KycStatus
  /** Null: that of the open check, else the present one. */
  readonly level: KycLevel | null
  readonly note: string
  /** The officer; null for the platform itself. */
  readonly decidedBy: string | null
}

export interface KycDeps {
  readonly store: ProfileStore
  readonly providers: readonly KycProvider[]
}

const MAX_NOTE_LENGTH = 1_000
const ATTENTION_NOTE = 'The provider asks for somebody to look at this.'

/** How well a customer is known: what providers find, and what officers decide. */
export class KycUseCases {
  constructor(private readonly deps: KycDeps) {}

  /** Begins a check with the first provider, or answers the one that is open: `Kyc.redirectUrl` says where to go on. */
  async start(profileId: string, level: KycLevel): Promise<Result<Profile>> {
    const { store, providers } = this.deps
    const [provider] = providers
    if (!provider) return refuse('SERVICE_UNAVAILABLE', 'No provider of identity checks is configured.')
    let checkId: string | null = null
    const begun = await store.change(profileId, async (changing) => {
      const { record, sql, now } = changing
      if (hasLevel({ status: record.kycStatus, level: record.kycLevel }, level)) {
        return refuse('CONFLICT', 'You are verified at this level already.')
      }
      const open = await openCheckOf(sql, profileId)
      if (open?.level === level && open.provider === provider.name) {
        checkId = open.reference === null ? open.id : null
        return accept([])
      }
      if (open) await closeCheck(sql, { id: open.id, state: 'CLOSED', now })
      checkId = uuidv7()
      await sql.query(
        'insert into kyc_checks (id, profile_id, provider, level, created_at) values ($1, $2, $3, $4, $5)',
        [checkId, profileId, provider.name, level, now],
      )
      await audit(sql, [{ actor: profileId, subject: profileId, action: 'kyc.started', fields: ['kyc'] }], now)
      return accept([])
    })
    if (!begun.ok || checkId === null) return begun
    const { givenName, familyName, email, country } = begun.value
    const applicant = { givenName, familyName, email, country }
    return await this.remember(profileId, checkId, await provider.start({ checkId, level, applicant }))
  }

  /** Takes a provider's callback; a repeated one, and one about a check that is not open any more, changes nothing. */
  async takeCallback(providerName: string, request: CallbackRequest): Promise<Result<true>> {
    const { store, providers } = this.deps
    const provider = providers.find(({ name }) => name === providerName)
    if (!provider) return refuse('NOT_FOUND')
    const read = await provider.read(request)
    if (!read.ok) return read
    if (read.value === null || read.value.finding === null) return accept(true)
    const { eventId, reference, finding } = read.value
    const check = await checkOf(store.sql, { provider: providerName, reference })
    if (!check) return refuse('NOT_FOUND')
    const changed = await store.change(check.profileId, async (changing) => {
      const { record, sql, now } = changing
      if (!(await claimCallback(sql, { provider: providerName, eventId, now }))) return accept([])
      if (!(await lockCheck(sql, check.id))) return accept([])
      await closeCheck(sql, { id: check.id, state: finding, now })
      const before = { status: record.kycStatus, level: record.kycLevel }
      const after = whenFound(before, { finding, level: check.level })
      const note = finding === 'ATTENTION' ? ATTENTION_NOTE : null
      decide(changing, { ...after, note, decidedBy: null })
      const entry = { actor: `provider:${providerName}`, subject: record.id, action: 'kyc.found', fields: ['kyc'] }
      await audit(sql, [entry], now)
      return accept([{ type: 'profile.kyc_decided' }])
    })
    // A customer who was erased meanwhile has nothing that could change.
    return changed.ok || changed.code === 'NOT_FOUND' ? accept(true) : changed
  }

  /** Records what an officer decided of a customer's identity. Nobody decides on himself. */
  async decide({ profileId, status, level, note, decidedBy }: KycDecision): Promise<Result<Profile>> {
    if (profileId === decidedBy) return refuse('FORBIDDEN', 'Nobody decides on his own identity.')
    if (note.trim().length < 1 || note.length > MAX_NOTE_LENGTH) {
      return refuse('BAD_USER_INPUT', `note has 1 to ${MAX_NOTE_LENGTH} characters.`, 'note')
    }
    return await this.deps.store.change(profileId, async (changing) => {
      const { record, sql, now } = changing
      const open = await openCheckOf(sql, profileId)
      if (open) await closeCheck(sql, { id: open.id, state: 'CLOSED', now })
      const before = { status: record.kycStatus, level: record.kycLevel }
      const after = whenDecided(before, { status, level: level ?? open?.level ?? null })
      decide(changing, { ...after, note, decidedBy })
      const actor = decidedBy ?? 'profile-service'
      await audit(sql, [{ actor, subject: profileId, action: 'kyc.decided', fields: ['kyc'] }], now)
      return accept([{ type: 'profile.kyc_decided' }])
    })
  }

  private async remember(
    profileId: string,
    checkId: string,
    { reference, redirectUrl }: StartedCheck,
  ): Promise<Result<Profile>> {
    return await this.deps.store.change(profileId, async ({ sql, record, key }) => {
      const { rowCount } = await sql.query(
        `update kyc_checks set reference = $2, redirect_url_ct = $3 where id = $1 and state = 'OPEN' and reference is null`,
        [checkId, reference, seal({ key, plain: Buffer.from(redirectUrl), place: redirectPlace(checkId) })],
      )
      if (rowCount === 0) return accept([]) // Another start of the same check was quicker.
      const after = whenStarted({ status: record.kycStatus, level: record.kycLevel })
      record.kycStatus = after.status
      record.kycLevel = after.level
      return accept([{ type: 'profile.kyc_started' }])
    })
  }
}

function decide(
  { record, key, now }: Changing,
  decision: { status: KycStatus; level: KycLevel | null; note: string | null; decidedBy: string | null },
): void {
  invariant(decision.status !== 'VERIFIED' || decision.level !== null, 'whoever is verified is so at a level')
  record.kycStatus = decision.status
  record.kycLevel = decision.level
  record.kycDecidedAt = now
  record.kycDecidedBy = decision.decidedBy
  record.kycNoteCt = sealColumn(key, record.id, 'kycNoteCt', decision.note)
}
