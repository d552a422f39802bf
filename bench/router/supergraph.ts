import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const COMMITTED = join(import.meta.dirname, '..', '..', 'supergraph.graphql')

/** Writes the platform's supergraph with other addresses: as it is, and without what Apollo's gateway refuses to know. */
export function benchSupergraph(folder: string, urls: Readonly<Record<string, string>>) {
  const sdl = readFileSync(COMMITTED, 'utf8').replace(
    /(@join__graph\(name: "([^"]+)", url: )"([^"]*)"/g,
    (_, head, name, url) => `${head}"${urls[name] ?? url}"`,
  )
  const plain = sdl.replace(/(@link\(url: "[^"]*\/(?:authenticated|requiresScopes)\/[^"]*"), for: SECURITY/g, '$1')
  const files = { supergraph: join(folder, 'supergraph.graphql'), plainSupergraph: join(folder, 'plain.graphql') }
  writeFileSync(files.supergraph, sdl)
  writeFileSync(files.plainSupergraph, plain)
  return files
}
