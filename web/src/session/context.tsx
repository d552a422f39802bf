import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react'
import type { LiveConnection } from '../api/live-connection.ts'
import type { Config } from '../config.ts'
import type { Session, SessionState, SignedIn } from './session.ts'

export interface Services {
  readonly config: Config
  readonly session: Session
  readonly live: LiveConnection
}

/** Null outside of the app, before it has started. */
export const ServicesContext = createContext<Services | null>(null)

export function ServicesProvider({ services, children }: { services: Services; children: ReactNode }) {
  return <ServicesContext value={services}>{children}</ServicesContext>
}

export function useServices(): Services {
  const services = useContext(ServicesContext)
  if (!services) throw new Error('The app stands inside its services.')
  return services
}

export function useSession(): { session: Session; state: SessionState; signedIn: SignedIn | null } {
  const { session } = useServices()
  const listen = (listener: () => void): (() => void) => session.onChange(listener)
  const state = useSyncExternalStore(listen, () => session.state)
  const signedIn = useSyncExternalStore(listen, () => session.signedIn)
  return { session, state, signedIn }
}

/** Whether the token opens what needs that scope. */
export function useMay(scope: string): boolean {
  return useSession().signedIn?.scopes.has(scope) ?? false
}
