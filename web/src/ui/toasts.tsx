import { createContext, type ReactNode, useCallback, useContext, useState } from 'react'

const SHOWN_MS = 6_000

interface Toast {
  readonly id: number
  readonly text: string
}

const Say = createContext<(text: string) => void>(() => undefined)

/** Says something in passing: shown for a while, and read out by screen readers when they are free. */
export const useSay = (): ((text: string) => void) => useContext(Say)

let nextId = 0

export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([])
  const say = useCallback((text: string) => {
    nextId += 1
    const toast = { id: nextId, text }
    setToasts((before) => [...before, toast])
    setTimeout(() => setToasts((before) => before.filter(({ id }) => id !== toast.id)), SHOWN_MS)
  }, [])
  return (
    <Say value={say}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map(({ id, text }) => (
          <p key={id} className="toast">
            {text}
          </p>
        ))}
      </div>
    </Say>
  )
}
