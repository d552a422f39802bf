import { type RefCallback, useCallback, useState } from 'react'

/** The width in pixels that an element has on the screen, so that what is drawn in it is drawn in its true size. */
export function useWidth(first: number): { ref: RefCallback<Element>; width: number } {
  const [width, setWidth] = useState(first)
  const ref = useCallback((element: Element | null) => {
    if (!element) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(entry.contentRect.width)
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return { ref, width }
}
