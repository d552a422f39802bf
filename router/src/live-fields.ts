import { type DocumentNode, Kind, print } from 'graphql'
import { argumentsOf, type KnownDirective } from './directive-names.ts'

/** What `@live` says of a subscription field; the router needs no other rule of the business. */
export interface LiveField {
  /** One upstream for all callers. */
  readonly shared: boolean
  /** Of several waiting events with the same value of this field, the newest is enough. */
  readonly conflateBy: string | null
  /** The event's field that says where to resume, and the argument, with its type, that takes it. */
  readonly resume: {
    readonly cursor: string
    readonly after: string
    readonly afterType: string
    /** An inaccessible query field that gives a cursor of now. */
    readonly start: string | null
  } | null
}

const PLAIN: LiveField = { shared: false, conflateBy: null, resume: null }

/** Every subscription field of the supergraph; without the directive an upstream is a client's own and never resumed. */
export function readLiveFields(
  supergraph: DocumentNode,
  names: ReadonlyMap<string, KnownDirective>,
): ReadonlyMap<string, LiveField> {
  const live = new Map<string, LiveField>()
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || definition.name.value !== 'Subscription') continue
    for (const field of definition.fields ?? []) {
      const directive = field.directives?.find(({ name }) => names.get(name.value) === 'live')
      const after = directive ? argumentsOf(directive).after : undefined
      const argument = field.arguments?.find(({ name }) => name.value === after)
      const afterType = argument ? print(argument.type) : null
      live.set(field.name.value, directive ? liveField(argumentsOf(directive), afterType) : PLAIN)
    }
  }
  return live
}

function liveField(given: Readonly<Record<string, unknown>>, afterType: string | null): LiveField {
  const cursor = textOrNull(given.cursor)
  const after = textOrNull(given.after)
  return {
    shared: given.shared === true,
    conflateBy: textOrNull(given.conflateBy),
    resume:
      cursor !== null && after !== null && afterType !== null
        ? { cursor, after, afterType, start: textOrNull(given.start) }
        : null,
  }
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)
