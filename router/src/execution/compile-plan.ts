import type { ConditionNode, FetchNode, PlanNode } from '@apollo/query-planner'
import { Fault, invariant } from '@corridor/platform'
import { type GraphQLFormattedError, Kind, parse, type SelectionSetNode } from 'graphql'
import { isObject, type JsonObject, merge, own } from './json.ts'
import { objectsAt, type PlanPath, placesAt, type ResponsePath, replaceAt, type SharedObjects } from './places.ts'
import { compileSorting, type Sorting } from './representations.ts'
import { compileRewrites } from './rewrites.ts'
import type { Requests } from './transport.ts'
import type { TypeIndex } from './type-index.ts'

/** One execution of a plan. */
export interface PlanRun {
  /** What is known of the answer; every fetch adds to it. */
  readonly data: JsonObject
  readonly errors: GraphQLFormattedError[]
  /** As the client sent them. */
  readonly variables: JsonObject
  /** The same with the defaults of the operation, for conditions. */
  readonly coerced: JsonObject
  readonly requests: Requests
  /** Objects that were found to stand at several places. */
  readonly shared: SharedObjects
}

export type CompiledPlan = (run: PlanRun) => Promise<void>

/** A subgraph that fails for thousands of objects says so often enough in this many errors. */
const MAX_LOCATED_ERRORS = 100

/** Makes functions of a plan's nodes, so that an execution looks at no node again. */
export function compilePlan(node: PlanNode | undefined, types: TypeIndex): CompiledPlan {
  return node ? compileNode(node, [], types) : async () => undefined
}

function compileNode(node: PlanNode, path: PlanPath, types: TypeIndex): CompiledPlan {
  switch (node.kind) {
    case 'Sequence': {
      const steps = node.nodes.map((child) => compileNode(child, path, types))
      return async (run) => {
        for (const step of steps) await step(run)
      }
    }
    case 'Parallel': {
      const branches = node.nodes.map((child) => compileNode(child, path, types))
      return async (run) => {
        await Promise.all(branches.map((branch) => branch(run)))
      }
    }
    case 'Flatten':
      return compileNode(node.node, [...path, ...node.path.map(String)], types)
    case 'Condition':
      return compileCondition(node, path, types)
    case 'Fetch':
      return node.requires ? compileEntityFetch(node, path, types) : compileFetch(node, path, types)
    case 'Defer':
      throw new Fault('INTERNAL_SERVER_ERROR', 'Plans with @defer are not made for this router.', { retryable: false })
  }
}

function compileCondition(node: ConditionNode, path: PlanPath, types: TypeIndex): CompiledPlan {
  const [yes, no] = [node.ifClause, node.elseClause].map((clause) => clause && compileNode(clause, path, types))
  return async (run) => {
    await (own(run.coerced, node.condition) === true ? yes : no)?.(run)
  }
}

function compileFetch(node: FetchNode, path: PlanPath, types: TypeIndex): CompiledPlan {
  const { serviceName } = node
  const bodyOf = compileBody(node)
  const rewrite = compileRewrites(node.outputRewrites, types)
  const fields = rootFieldsOf(node)
  return async (run) => {
    const targets = objectsAt(run.data, path)
    if (targets.length === 0) return
    const place = (): readonly ResponsePath[] => placesOf(run, path, targets)
    const missing = (): readonly ResponsePath[] => place().flatMap((start) => fields.map((field) => [...start, field]))
    const response = await answerOf(run, serviceName, run.requests.ask(serviceName, bodyOf(run)), missing)
    if (!response) return
    for (const error of response.errors) {
      const at = pathOf(error)
      for (const start of at ? place() : [undefined])
        report(run, serviceName, error, start && [...start, ...(at ?? [])])
    }
    if (!isObject(response.data)) return
    rewrite?.(response.data)
    for (const target of targets) merge(target, response.data)
  }
}

/** Of the objects at `path` that are the same to the subgraph, one is asked for, and all get what it answers. */
function compileEntityFetch(node: FetchNode, path: PlanPath, types: TypeIndex): CompiledPlan {
  const { serviceName } = node
  const headOf = compileEntityBody(node)
  const sort = compileSorting(node.requires ?? [], types, compileRewrites(node.inputRewrites, types))
  const rewrite = compileRewrites(node.outputRewrites, types)
  return async (run) => {
    const sorted = sort()
    sortAt(run, path, sorted)
    if (sorted.found.length === 0) return
    const targets = sorted.found.map(({ objects }) => objects)
    const representations = sorted.found.map(({ text }) => text)
    const answer = run.requests.entities.fetch(serviceName, headOf(run), representations)
    const response = await answerOf(run, serviceName, answer, () => placesOf(run, path, targets.flat()))
    if (!response) return
    for (const { error, index } of response.errors) {
      const below = (pathOf(error) ?? []).slice(2)
      const group = index === null ? undefined : targets[index]
      if (!group) report(run, serviceName, error, undefined)
      else for (const start of placesOf(run, path, group)) report(run, serviceName, error, [...start, ...below])
    }
    response.entities.forEach((entity, index) => {
      if (entity === null) return
      rewrite?.(entity)
      // Objects that come into several targets are at one path of the plan: what is added to one belongs to all.
      for (const target of targets[index] ?? []) merge(target, entity)
    })
  }
}

/**
 * Sorts the objects at `path`. Of equal ones, the first takes the places of all: whatever comes later is put into it
 * once, and written once.
 */
function sortAt({ data, shared }: PlanRun, path: PlanPath, sorting: Sorting): void {
  replaceAt(data, path, (object) => {
    const same = sorting.sameAs(object)
    if (same === null) return object
    const [first] = same.objects
    if (first === object) return object
    if (first && same.isWhole && sorting.isWhole(object)) {
      if (!shared.has(first)) shared.set(first, new Map())
      return first
    }
    same.objects.push(object)
    return object
  })
}

function placesOf(run: PlanRun, path: PlanPath, targets: readonly JsonObject[]): readonly ResponsePath[] {
  const places = placesAt(run.data, path)
  return [...new Set(targets)].flatMap((target) => places.get(target) ?? [])
}

/** The subgraph's answer; null when there is none, which is then an error at each of `places`. */
async function answerOf<Response>(
  run: PlanRun,
  subgraph: string,
  answer: Promise<Response>,
  places: () => readonly ResponsePath[],
): Promise<Response | null> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    for (const path of places().slice(0, MAX_LOCATED_ERRORS)) report(run, subgraph, unavailable(), path)
    return null
  }
}

const unavailable = (): JsonObject => ({ extensions: { code: 'SERVICE_UNAVAILABLE' } })

function pathOf({ path }: JsonObject): ResponsePath | undefined {
  const isPath = Array.isArray(path) && path.every((step) => typeof step === 'string' || typeof step === 'number')
  return isPath ? path : undefined
}

/** An error as the router knows it: which subgraph it comes from is for its own eyes. */
function report(run: PlanRun, serviceName: string, error: JsonObject, path: ResponsePath | undefined): void {
  if (run.errors.length >= MAX_LOCATED_ERRORS) return
  const extensions = isObject(error.extensions) ? error.extensions : {}
  run.errors.push({
    message: typeof error.message === 'string' ? error.message : '',
    ...(path && path.length > 0 ? { path } : {}),
    extensions: { ...extensions, serviceName },
  })
}

/** The request's body, of which all but the variables is known beforehand. */
function compileBody(node: FetchNode): (run: PlanRun) => string {
  const head = bodyHead(node)
  const { variableUsages = [] } = node
  return ({ variables }) => {
    const given = variablesText(variables, variableUsages)
    return given === '' ? `${head}}` : `${head},"variables":{${given}}}`
  }
}

/** The same up to the first representation. */
function compileEntityBody(node: FetchNode): (run: PlanRun) => string {
  const head = `${bodyHead(node)},"variables":{`
  const { variableUsages = [] } = node
  return ({ variables }) => {
    const given = variablesText(variables, variableUsages)
    return `${head}${given}${given === '' ? '' : ','}"representations":[`
  }
}

/** The name that the planner gave a query says where in the plan it stands; without it equal queries are equal text. */
function bodyHead({ operation, operationName, operationKind }: FetchNode): string {
  invariant(operationKind !== 'subscription', 'a subscription is no fetch')
  const named = operationName !== undefined && operation.startsWith(`query ${operationName}`)
  const text = named ? `query${operation.slice(`query ${operationName}`.length)}` : operation
  return `{"query":${JSON.stringify(text)}`
}

function variablesText(variables: JsonObject, names: readonly string[]): string {
  let text = ''
  for (const name of names) {
    const value = own(variables, name)
    if (value !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`
  }
  return text
}

/** Under which names a fetch's own fields stand in the answer, to say which of them are missing. */
function rootFieldsOf({ operation }: FetchNode): readonly string[] {
  const { definitions } = parse(operation, { noLocation: true })
  const namesOf = ({ selections }: SelectionSetNode): readonly string[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection.alias?.value ?? selection.name.value]
      if (selection.kind === Kind.INLINE_FRAGMENT) return namesOf(selection.selectionSet)
      const fragment = definitions.find(
        (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
      )
      return fragment?.kind === Kind.FRAGMENT_DEFINITION ? namesOf(fragment.selectionSet) : []
    })
  const root = definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  return root?.kind === Kind.OPERATION_DEFINITION ? [...new Set(namesOf(root.selectionSet))] : []
}
