import { describe, expect, it } from 'vitest'
import { dependencyProblems, type Manifests, readManifests } from '../src/manifests.ts'
import { readModule } from '../src/module-graph.ts'
import { ROOT } from '../src/root.ts'
import { sourceFiles } from '../src/source-files.ts'

describe('the dependencies that a workspace declares', () => {
  it('are those that its sources import, in the versions of the root', () => {
    const modules = sourceFiles(ROOT, /\.(ts|tsx)$/).map(readModule)
    const manifests = readManifests(ROOT)
    expect(manifests.workspaces.length).toBeGreaterThan(10)
    expect(dependencyProblems(manifests, modules)).toEqual([])
  })

  it('are found missing, superfluous, and of another version', () => {
    const modules = [
      readModule({
        path: 'router/src/main.ts',
        text: `import 'pg'; import type { X } from 'jose/jwt'; import '@c/money'`,
      }),
      readModule({ path: 'router/src/other.ts', text: `import 'node:fs'; import './main.ts'; import 'nowhere'` }),
      readModule({ path: 'router/src/main.test.ts', text: `import 'vitest'` }),
    ]
    expect(dependencyProblems(manifestsWith({ pg: '7.0.0', ws: '8.0.0' }), modules)).toEqual([
      'router/package.json: @c/money 0.1.0 is missing.',
      'router/package.json: jose 6.0.0 is missing.',
      `router/package.json: nowhere is imported, and the root's package.json does not have it.`,
      `router/package.json: pg is 7.0.0, the root's is 8.0.0.`,
      'router/package.json: ws is imported by none of its sources.',
    ])
  })

  it("of development are left out of production, the root's too", () => {
    const modules = [readModule({ path: 'tools/src/main.ts', text: `import 'pg'; import 'vitest'` })]
    const tools = {
      name: '@c/tools',
      version: '0.1.0',
      dependencies: { pg: '8.0.0' },
      devDependencies: { vitest: '5.0.0' },
    }
    const manifests = { root: manifestsWith({}).root, workspaces: [{ folder: 'tools', manifest: tools }] }
    expect(dependencyProblems(manifests, modules)).toEqual([
      'tools/package.json: pg 8.0.0 is missing.',
      'tools/package.json: pg belongs to devDependencies.',
      'package.json: pg belongs to devDependencies.',
    ])
  })

  it('are right when each is there once, as at the root', () => {
    const modules = [readModule({ path: 'router/src/main.ts', text: `import 'pg'; import '@c/money'` })]
    expect(dependencyProblems(manifestsWith({ pg: '8.0.0', '@c/money': '0.1.0' }), modules)).toEqual([])
  })
})

function manifestsWith(dependencies: Readonly<Record<string, string>>): Manifests {
  return {
    root: {
      name: 'root',
      version: '0.1.0',
      dependencies: { pg: '8.0.0', jose: '6.0.0', ws: '8.0.0' },
      devDependencies: { vitest: '5.0.0' },
    },
    workspaces: [
      { folder: 'router', manifest: { name: '@c/router', version: '0.1.0', dependencies } },
      { folder: 'packages/money', manifest: { name: '@c/money', version: '0.1.0', dependencies: {} } },
    ],
  }
}
