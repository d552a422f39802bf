import { useCallback, useRef, useState } from 'react'
import { forgetDraft, readDraft, writeDraft } from './drafts.ts'
import { type FormKey, keyFor, NO_KEY } from './form-key.ts'

export interface Form<T extends object> {
  readonly values: T
  /** Changes some fields, and keeps what was typed in this tab. */
  readonly set: (changes: Partial<T>) => void
  /** The idempotency key for sending that input. */
  readonly keyFor: (input: object) => string
  /** After it was done: the form is empty, and what is sent next is something new. */
  readonly clear: () => void
}

/** A form whose fields and idempotency key outlive a sign-in and a reload of the page. `name` is the form's own. */
export function useForm<T extends object>(name: string, initial: T): Form<T> {
  const [values, setValues] = useState<T>(() => readDraft(name, initial))
  const start = useRef(initial)
  const set = useCallback(
    (changes: Partial<T>) =>
      setValues((before) => {
        const after = { ...before, ...changes }
        writeDraft(name, after)
        return after
      }),
    [name],
  )
  const clear = useCallback(() => {
    forgetDraft(name)
    forgetDraft(keyName(name))
    setValues(start.current)
  }, [name])
  const keyOf = useCallback(
    (input: object) => {
      const made: FormKey = keyFor(readDraft(keyName(name), NO_KEY), input)
      writeDraft(keyName(name), made)
      return made.key
    },
    [name],
  )
  return { values, set, keyFor: keyOf, clear }
}

const keyName = (name: string): string => `${name}.key`
