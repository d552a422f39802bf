import { Directive, Extensions } from 'type-graphql'

/** Who may have a field, as its decorators say; read by the guard of this subgraph, and by the router from the SDL. */
export interface FieldRequirement {
  /** Any of the inner lists, all within one: `[["a:b"]]`. */
  readonly scopes?: readonly (readonly string[])[]
  readonly authenticated?: boolean
  /** Only these services may call: an internal field. */
  readonly issuers?: readonly string[]
}

export const REQUIREMENT = 'requirement'

type FieldDecorator = PropertyDecorator & MethodDecorator
type ElementDecorator = PropertyDecorator & MethodDecorator & ClassDecorator

function require(requirement: FieldRequirement, directive: string): FieldDecorator {
  return (target: object, key: string | symbol, descriptor?: PropertyDescriptor) => {
    for (const decorate of [Directive(directive), Extensions({ [REQUIREMENT]: requirement })]) {
      ;(decorate as MethodDecorator)(target, key, descriptor ?? {}) // Both take properties and methods alike.
    }
  }
}

/** The caller needs all scopes of one of the lists. `@RequiresScopes('a:b')` is one list of one scope. */
export function RequiresScopes(...any: readonly (string | readonly string[])[]): FieldDecorator {
  const scopes = any.map((list) => (typeof list === 'string' ? [list] : list))
  return require({ scopes }, `@requiresScopes(scopes: ${JSON.stringify(scopes)})`)
}

/** The caller needs a token, and no scope. */
export const Authenticated = (): FieldDecorator => require({ authenticated: true }, '@authenticated')

/** Not part of the public API, and open to the named services alone. */
export const InternalField = (...issuers: readonly string[]): FieldDecorator => require({ issuers }, '@inaccessible')

/** Hides a type, an input, or a field of an internal type from the public API. */
export const Inaccessible = (): ElementDecorator => Directive('@inaccessible') as ElementDecorator

export const Key = (fields: string): ClassDecorator => Directive(`@key(fields: ${JSON.stringify(fields)})`)

/** A type whose fields several subgraphs resolve alike. */
export const Shareable = (): ElementDecorator => Directive('@shareable') as ElementDecorator

export interface LiveOptions {
  /** One upstream for all callers: the field may not depend on who asks. */
  readonly shared?: boolean
  /** Of several waiting events with the same value of this field, the newest is enough. */
  readonly conflateBy?: string
  /** The event's field that says where to resume. */
  readonly cursor?: string
  /** The argument that takes such a cursor. */
  readonly after?: string
  /** An inaccessible query field that gives a cursor of now. */
  readonly start?: string
}

/** Says of a subscription field what a router may do with its events, so that it needs no rule of the business. */
export function Live(options: LiveOptions): FieldDecorator {
  const given = Object.entries(options).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  return Directive(`@live${given.length > 0 ? `(${given.join(', ')})` : ''}`) as FieldDecorator
}
