import { ERROR_MESSAGES } from '@corridor/platform'
import { GraphQLError } from 'graphql'
import type { RemovedField } from './authorize-operation.ts'

/** A list of thousands without a field says so often enough in this many errors. */
const MAX_LOCATED_ERRORS = 100

type Path = readonly (string | number)[]

/** An error for each place of the answer where a removed field stands as null, or would have stood. */
export function locateRemoved(removed: readonly RemovedField[], data: unknown): GraphQLError[] {
  const places: Path[] = []
  for (const field of removed) {
    find(field, data, 0, [], places)
    if (places.length >= MAX_LOCATED_ERRORS) break
  }
  return places.slice(0, MAX_LOCATED_ERRORS).map(
    (path) =>
      new GraphQLError(ERROR_MESSAGES.UNAUTHORIZED_FIELD_OR_TYPE, {
        path,
        extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
      }),
  )
}

function find(field: RemovedField, value: unknown, depth: number, path: Path, places: Path[]): void {
  if (places.length >= MAX_LOCATED_ERRORS) return
  const name = field.path[depth]
  if (name === undefined) {
    if (value === null) places.push(path)
  } else if (value === null || value === undefined) {
    // A field that may not be null took what holds it along; one that may was never reached below this null.
    if (!field.nullable) places.push([...path, ...field.path.slice(depth)])
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) find(field, item, depth, [...path, index], places)
  } else if (typeof value === 'object' && Object.hasOwn(value, name)) {
    find(field, (value as Record<string, unknown>)[name], depth + 1, [...path, name], places) // It was just found there.
  }
}
