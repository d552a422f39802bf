import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { composeSupergraph } from '../src/compose-supergraph.ts'
import { ROOT } from '../src/root.ts'
import { readSupergraphEntries, type SubgraphSource, withSdl } from '../src/supergraph-config.ts'

/** The subgraphs whose schema is there: one that has no code yet has none. */
export const presentSubgraphs = (): readonly SubgraphSource[] =>
  readSupergraphEntries(ROOT)
    .subgraphs.filter(({ file }) => existsSync(join(ROOT, file)))
    .map((entry) => withSdl(ROOT, entry))

/** What the present subgraphs compose to, whether it has been written down or not. */
export const presentSupergraph = (): string =>
  composeSupergraph({
    federationVersion: readSupergraphEntries(ROOT).federationVersion,
    subgraphs: presentSubgraphs(),
  }).supergraphSdl
