import type { FetchDataRewrite } from '@apollo/query-planner'
import { isObject, type JsonObject, own, put } from './json.ts'
import type { TypeIndex } from './type-index.ts'

export type Rewrite = (value: unknown) => void

const FRAGMENT = '... on '

/** What a plan has changed in the data on its way to or from a subgraph: a value set, or a key renamed. */
export function compileRewrites(
  rewrites: readonly FetchDataRewrite[] | undefined,
  types: TypeIndex,
): Rewrite | undefined {
  if (!rewrites || rewrites.length === 0) return undefined
  const compiled = rewrites.map((rewrite) => compileRewrite(rewrite, types))
  return (value) => {
    for (const apply of compiled) apply(value)
  }
}

function compileRewrite(rewrite: FetchDataRewrite, types: TypeIndex): Rewrite {
  const last = rewrite.path.at(-1)
  if (last === undefined) return () => undefined
  const change = changeOf(rewrite, last)
  return rewrite.path.slice(0, -1).reduceRight<Rewrite>((below, step) => descend(step, below, types), each(change))
}

function changeOf(rewrite: FetchDataRewrite, name: string): (object: JsonObject) => void {
  if (rewrite.kind === 'ValueSetter') return (object) => put(object, name, rewrite.setValueTo)
  return (object) => {
    const value = own(object, name)
    if (!value) return
    put(object, rewrite.renameKeyTo, value)
    put(object, name, undefined)
  }
}

function descend(step: string, below: Rewrite, types: TypeIndex): Rewrite {
  if (!step.startsWith(FRAGMENT)) return each((object) => below(own(object, step)))
  const condition = step.slice(FRAGMENT.length)
  return each((object) => {
    const { __typename: typename } = object
    // What does not say its type is what the plan expects here.
    if (typeof typename !== 'string' || types.isKindOf(typename, condition)) below(object)
  })
}

/** Of lists every item, and of anything but objects nothing. */
function each(change: (object: JsonObject) => void): Rewrite {
  const apply: Rewrite = (value) => {
    if (Array.isArray(value)) for (const item of value) apply(item)
    else if (isObject(value)) change(value)
  }
  return apply
}
