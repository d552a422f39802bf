import { RefusalError, refuse } from '@corridor/platform'
import { defaultFieldResolver, type GraphQLSchema, isObjectType } from 'graphql'
import type { SubgraphContext } from './context.ts'
import type { FieldRequirement } from './directives.ts'

/** Wraps every field that demands something, so that the router's check is not the only one. */
export function guardFields(schema: GraphQLSchema, requirements: ReadonlyMap<string, FieldRequirement>): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      const requirement = requirements.get(`${type.name}.${field.name}`)
      if (!requirement) continue
      const { resolve = defaultFieldResolver, subscribe } = field
      field.resolve = (parent, args, context: SubgraphContext, info) => {
        demand(requirement, context)
        return resolve(parent, args, context, info)
      }
      if (!subscribe) continue
      field.subscribe = (parent, args, context: SubgraphContext, info) => {
        demand(requirement, context)
        return subscribe(parent, args, context, info)
      }
    }
  }
  return schema
}

function demand(requirement: FieldRequirement, { caller, issuer }: SubgraphContext): void {
  if (requirement.issuers && !requirement.issuers.includes(issuer))
    throw new RefusalError(refuse('UNAUTHORIZED_FIELD_OR_TYPE'))
  if (requirement.authenticated && caller.kind === 'anonymous') throw new RefusalError(refuse('UNAUTHENTICATED'))
  if (!requirement.scopes) return
  if (requirement.scopes.some((all) => all.every((scope) => caller.scopes.has(scope)))) return
  throw new RefusalError(refuse(caller.kind === 'anonymous' ? 'UNAUTHENTICATED' : 'UNAUTHORIZED_FIELD_OR_TYPE'))
}
