import DataLoader from 'dataloader'
import type { SubgraphContext } from './context.ts'

/**
 * Gathers what one request asks for by id at once into one load. There is a loader per request, and it remembers nothing. `load` answers in the order of its ids.
 */
export function requestLoader<Value>(
  load: (ids: readonly string[], context: SubgraphContext) => Promise<readonly Value[]>,
): (id: string, context: SubgraphContext) => Promise<Value> {
  const loaders = new WeakMap<SubgraphContext, DataLoader<string, Value>>()
  return (id, context) => {
    let loader = loaders.get(context)
    if (!loader) {
      // A stream has one context for all its events: a value that was remembered would be shown again when it is old.
      loader = new DataLoader((ids: readonly string[]) => load(ids, context), { cache: false })
      loaders.set(context, loader)
    }
    return loader.load(id)
  }
}
