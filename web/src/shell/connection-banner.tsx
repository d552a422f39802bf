import { useEffect, useState, useSyncExternalStore } from 'react'
import { useServices } from '../session/context.tsx'

const BACK_SHOWN_MS = 4_000

/** Says that live updates stand still, and when they go on. */
export function ConnectionBanner() {
  const { live } = useServices()
  const state = useSyncExternalStore(
    (listener) => live.onChange(listener),
    () => live.state,
  )
  const [wasLost, setWasLost] = useState(false)
  useEffect(() => {
    if (state === 'lost') setWasLost(true)
    if (state !== 'live' || !wasLost) return
    const timer = setTimeout(() => setWasLost(false), BACK_SHOWN_MS)
    return () => clearTimeout(timer)
  }, [state, wasLost])
  const isLost = wasLost && state !== 'live'
  return (
    <div role="status" aria-live="polite">
      {isLost && <p className="connection">Connection lost. What you see may be out of date; trying again…</p>}
      {wasLost && !isLost && <p className="connection back">The connection is back. Everything is up to date.</p>}
    </div>
  )
}
