import { useRef, useState } from 'react'
import { type AnyVariables, type TypedDocumentNode, useMutation } from 'urql'
import { type Problem, problemIn } from '../api/errors.ts'

export interface Action<Data, Variables> {
  readonly busy: boolean
  readonly problem: Problem | null
  /** What came of it; null when it failed, or when the one before is still on its way. */
  readonly run: (variables: Variables) => Promise<Data | null>
}

/** A mutation that is sent once at a time, whatever the finger does, and whose failure is kept to be shown. */
export function useAction<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
): Action<Data, Variables> {
  const [, execute] = useMutation(document)
  const running = useRef(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const run = async (variables: Variables): Promise<Data | null> => {
    if (running.current) return null
    running.current = true
    setBusy(true)
    const { data, error } = await execute(variables)
    running.current = false
    setBusy(false)
    setProblem(error ? problemIn(error) : null)
    return error ? null : (data ?? null)
  }
  return { busy, problem, run }
}
