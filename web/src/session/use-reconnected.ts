import { useEffect } from 'react'
import { useServices } from './context.tsx'

/** Calls when the connection is back after a loss: what was not followed by cursors meanwhile has to be read again. */
export function useReconnected(callback: () => void): void {
  const { live } = useServices()
  useEffect(() => {
    let wasLost = live.state === 'lost'
    return live.onChange(() => {
      if (live.state === 'live' && wasLost) callback()
      wasLost = live.state === 'lost' || (wasLost && live.state !== 'live')
    })
  }, [live, callback])
}
