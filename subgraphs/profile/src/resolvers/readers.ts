import { requestLoader, type SubgraphContext } from '@corridor/subgraph'
import type { Beneficiary } from '../domain/beneficiary.ts'
import { displayNameOf, FORMER_CUSTOMER, type Profile } from '../domain/profile.ts'
import { audit } from '../use-cases/audit-log.ts'
import type { BeneficiaryUseCases } from '../use-cases/beneficiary-use-cases.ts'
import type { ProfileStore } from '../use-cases/profile-store.ts'
import { actorOf, maySee } from './identified-user.ts'
import type { PartyType } from './profile-types.ts'

export type Reader<Value> = (id: string, context: SubgraphContext) => Promise<Value>

/** Writes down that somebody reads of others; what he reads of himself is nobody's business. */
export async function auditReads(
  store: ProfileStore,
  context: SubgraphContext,
  { action, subjects }: { action: string; subjects: readonly string[] },
): Promise<void> {
  const actor = actorOf(context)
  const others = [...new Set(subjects)].filter((subject) => subject !== context.caller.subject)
  const entries = others.map((subject) => ({ actor, subject, action }))
  if (entries.length > 0) await audit(store.sql, entries, store.deps.clock.now())
}

/** Profiles by id that the caller may see: his own, or any for those who administer them. */
export const createProfileReader = (store: ProfileStore): Reader<Profile | null> =>
  requestLoader(async (ids, context) => {
    const profiles = await store.profiles(ids.filter((id) => maySee(context.caller, id)))
    await auditReads(store, context, { action: 'profile.read', subjects: [...profiles.keys()] })
    return ids.map((id) => profiles.get(id) ?? null)
  })

/** The other side of a payment: payments decide who meets whom. */
export const createPartyReader = (store: ProfileStore): Reader<PartyType> =>
  requestLoader(async (ids) => {
    const profiles = await store.profiles(ids)
    return ids.map((id) => {
      const profile = profiles.get(id)
      return { id, displayName: profile ? displayNameOf(profile) : FORMER_CUSTOMER }
    })
  })

/** Beneficiaries by id that the caller may see: his own, or any for those who administer profiles. */
export const createBeneficiaryReader = (
  store: ProfileStore,
  useCases: BeneficiaryUseCases,
): Reader<Beneficiary | null> =>
  requestLoader(async (ids, context) => {
    const found = await useCases.beneficiaries(ids)
    const shown = [...found.values()].filter(({ ownerId }) => maySee(context.caller, ownerId))
    const subjects = shown.map(({ ownerId }) => ownerId)
    await auditReads(store, context, { action: 'beneficiary.read', subjects })
    const visible = new Map(shown.map((beneficiary) => [beneficiary.id, beneficiary]))
    return ids.map((id) => visible.get(id) ?? null)
  })
