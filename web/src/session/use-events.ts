import { useEffect, useRef, useState } from 'react'
import { type AnyVariables, stringifyDocument, type TypedDocumentNode } from 'urql'
import { type Problem, problemInErrors } from '../api/errors.ts'
import { useServices } from './context.tsx'

export interface Events<State> {
  readonly state: State
  /** Why it was refused; null while it is not. A lost connection is no refusal: the page says so by itself. */
  readonly problem: Problem | null
}

interface Held<State> extends Events<State> {
  /** The variables that it is for. */
  readonly key: string
}

/**
 * Follows a subscription for as long as the page is there, each event once, and folds what it says into a state.
 *
 * @param fold pure: it may be called again for the same event, with the same state before.
 */
export function useEvents<Data, Variables extends AnyVariables, State>({
  query,
  variables,
  initial,
  fold,
}: {
  query: TypedDocumentNode<Data, Variables>
  variables: Variables
  initial: State
  fold: (before: State, data: Data) => State
}): Events<State> {
  const { live } = useServices()
  const key = JSON.stringify(variables ?? {})
  const given = useRef({ initial, fold })
  const [held, setHeld] = useState<Held<State>>({ key, state: initial, problem: null })

  useEffect(() => {
    const change = (next: (before: State) => Omit<Held<State>, 'key'>): void =>
      setHeld((before) => ({ key, ...next(before.key === key ? before.state : given.current.initial) }))
    const refuse = (errors: unknown): void => change((state) => ({ state, problem: problemInErrors(errors) }))
    return live.read(
      { query: stringifyDocument(query), variables: JSON.parse(key) },
      {
        next: ({ data, errors }) => {
          if (!data) return refuse(errors)
          change((state) => ({ state: given.current.fold(state, data as Data), problem: null })) // What `query` asks for.
        },
        error: refuse,
        complete: () => undefined, // What it said last still holds.
      },
    )
  }, [live, query, key])

  return held.key === key ? held : { state: given.current.initial, problem: null }
}
