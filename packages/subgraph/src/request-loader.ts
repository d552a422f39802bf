import DataLoader from 'dataloader'
import type { SubgraphContext } from './context.ts'

/**
 * Gathers what one request asks for by id into one load. There is a loader per request, so that nothing is remembered
 * longer than the request that may see it. `load` answers in the order of its ids.
 */
export function requestLoader<Value>(
  load: (ids: readonly string[], context: SubgraphContext) => Promise<readonly Value[]>,
): (id: string, context: SubgraphContext) => Promise<Value> {
  const loaders = new WeakMap<SubgraphContext, DataLoader<string, Value>>()
  return (id, context) => {
    let loader = loaders.get(context)
    if (!loader) {
      loader = new DataLoader((ids: readonly string[]) => load(ids, context))
      loaders.set(context, loader)
    }
    return loader.load(id)
  }
}
