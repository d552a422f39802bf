/**
 * `npm run manifests`: writes into each workspace's `package.json` the packages that its sources import, in the versions
 * of the root's. Afterwards `npm install` brings `package-lock.json` up to date. Folders given as arguments limit it to these.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fieldOf, neededDependencies, readManifests } from './manifests.ts'
import { readModule } from './module-graph.ts'
import { ROOT } from './root.ts'
import { sourceFiles } from './source-files.ts'

/** What is undefined is not written. */
const NOTHING = { dependencies: undefined, devDependencies: undefined }

const only = process.argv.slice(2).map((folder) => folder.replace(/\/$/, ''))
const manifests = readManifests(ROOT)
const modules = sourceFiles(ROOT, /\.(ts|tsx)$/).map(readModule)

for (const workspace of manifests.workspaces) {
  if (only.length > 0 && !only.includes(workspace.folder)) continue
  const needed = [...neededDependencies(workspace, manifests, modules)]
  const unknown = needed.filter(([, version]) => version === undefined).map(([name]) => name)
  if (unknown.length > 0) {
    console.error(`${workspace.folder} imports ${unknown.join(', ')}: install at the root first, npm install -E.`)
    process.exitCode = 1
    continue
  }
  write(join(ROOT, workspace.folder, 'package.json'), { ...NOTHING, [fieldOf(workspace)]: Object.fromEntries(needed) })
}

/** Leaves the file alone where it says so already. */
function write(path: string, declared: object): void {
  const before = readFileSync(path, 'utf8')
  const manifest: unknown = JSON.parse(before)
  const after = `${JSON.stringify({ ...(manifest as object), ...declared }, null, 2)}\n` // npm demands an object.
  if (after === before) return
  writeFileSync(path, after)
  console.log(`${path.slice(ROOT.length + 1)} written.`)
}
