import { useEffect } from 'react'
import { useServices } from './context.tsx'

/** Calls when the connection is back: what was not followed by cursors meanwhile has to be read again. */
export function useReconnected(callback: () => void): void {
  const { live } = useServices()
  useEffect(() => {
    let wasLive = live.state === 'live'
    let isBehind = false
    return live.onChange(() => {
      if (live.state === 'live' && isBehind) callback()
      isBehind = live.state !== 'live' && live.state !== 'idle' && (isBehind || wasLive)
      wasLive = live.state === 'live'
    })
  }, [live, callback])
}
