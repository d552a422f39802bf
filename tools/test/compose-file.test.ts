import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../src/root.ts'

interface Service {
  readonly image?: string
  readonly build?: unknown
  readonly command?: string | readonly string[]
  readonly ports?: readonly string[]
  readonly networks?: readonly string[]
  readonly mem_limit?: string
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required?: boolean }>>
  readonly environment?: Readonly<Record<string, string>>
  readonly profiles?: readonly string[]
  readonly restart?: string
}

const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')
const file: unknown = parse(text, { merge: true })
const { services } = file as { services: Record<string, Service> } // Checked by what follows.
const all = Object.entries(services)
const lasting = all.filter(([, { restart }]) => restart !== undefined)
const entries = (service: Service): string[] =>
  [service.command ?? []].flat().flatMap((word) => /[\w/-]+\/dist\/[\w/-]+\.js/.exec(word)?.[0] ?? [])

/** Of the Compose Specification; Ajv knows its draft by another address, and its formats only as names. */
const { $schema: _draft, ...schema } = JSON.parse(
  readFileSync(join(ROOT, 'tools/compose-spec/compose-spec.json'), 'utf8'),
) as Record<string, unknown> // A JSON Schema.
const isComposeFile = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(schema)

describe('docker-compose.yml', () => {
  it('keeps to the Compose Specification', () => {
    expect(isComposeFile(file), JSON.stringify(isComposeFile.errors)).toBe(true)
  })

  it('would not with a setting that Compose does not know, or of another type', () => {
    for (const wrong of [
      { port: ['4000:4000'] },
      { depends_on: { router: { condition: 'ready' } } },
      { read_only: [] },
    ]) {
      const changed = { ...services, router: { ...services.router, ...wrong } }
      expect(isComposeFile({ ...(file as object), services: changed }), JSON.stringify(wrong)).toBe(false)
    }
  })

  it('runs entries whose sources are here', () => {
    const missing = all
      .flatMap(([, service]) => entries(service))
      .filter((entry) => !existsSync(join(ROOT, entry.replace('/dist/', '/src/').replace(/\.js$/, '.ts'))))
    expect(missing).toEqual([])
  })

  it('has a container for every subgraph and every worker', () => {
    const supergraph = parse(readFileSync(join(ROOT, 'supergraph.yaml'), 'utf8')) as { subgraphs: object } // Rover's format.
    const run = new Set(all.flatMap(([, service]) => entries(service)))
    for (const name of Object.keys(supergraph.subgraphs)) expect(run).toContain(`subgraphs/${name}/dist/main.js`)
    const workers = readdirSync(join(ROOT, 'workers/src')).filter((name) =>
      existsSync(join(ROOT, 'workers/src', name, 'main.ts')),
    )
    for (const name of workers) expect(run).toContain(`workers/dist/${name}/main.js`)
    expect(run).toContain('router/dist/main.js')
    const chart = parse(readFileSync(join(ROOT, 'deploy/helm/corridor/values.yaml'), 'utf8')) as { workers: object } // Helm's.
    expect(Object.keys(chart.workers).sort()).toEqual([...workers].sort())
  })

  it('pins every image to a version', () => {
    const loose = all.filter(([, { image = '' }]) => !/:(\d|v\d|local$)/.test(image) || image.endsWith(':latest'))
    expect(loose.map(([name]) => name)).toEqual([])
  })

  it('limits the memory of all that lasts, and knows when subgraphs, router and stores are ready', () => {
    expect(lasting.filter(([, { mem_limit }]) => mem_limit === undefined).map(([name]) => name)).toEqual([])
    const awaited = new Set(
      all.flatMap(([, { depends_on = {} }]) =>
        Object.entries(depends_on).flatMap(([name, { condition }]) => (condition === 'service_healthy' ? [name] : [])),
      ),
    )
    for (const name of awaited) expect(services[name]?.healthcheck, name).toBeDefined()
  })

  it('asks every worker whether it is well, at the port of operations', () => {
    const workers = all.filter(([, service]) => entries(service).some((entry) => entry.startsWith('workers/')))
    expect(workers.length).toBeGreaterThan(0)
    for (const [name, { healthcheck, environment }] of workers) {
      const url = `http://${name}:${environment?.OPERATIONS_PORT}/ready`
      expect(healthcheck?.test, name).toEqual(['CMD', 'node', 'deploy/ready.mjs', url])
    }
  })

  it('waits only for services that are there, in profiles that are started together unless it can do without', () => {
    for (const [name, { depends_on = {}, profiles = [] }] of all) {
      for (const [needed, { required = true }] of Object.entries(depends_on)) {
        const together = required ? [...profiles] : []
        expect(services[needed]?.profiles, `${name} needs ${needed}`).toEqual(expect.arrayContaining(together))
      }
    }
  })

  it('lets nobody outside reach a subgraph or a worker', () => {
    for (const [name, { ports, networks }] of all) {
      const isPart = existsSync(join(ROOT, 'subgraphs', name)) || existsSync(join(ROOT, 'workers', 'src', name))
      if (!isPart) continue
      expect(ports, name).toBeUndefined()
      expect(networks, name).toEqual(['inside'])
    }
  })

  it('names every variable in .env.example', () => {
    const known = new Set(
      [...readFileSync(join(ROOT, '.env.example'), 'utf8').matchAll(/^(\w+)=/gm)].map(([, name]) => name),
    )
    const used = [...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name)
    expect([...new Set(used)].filter((name) => !known.has(name))).toEqual([])
  })

  it('holds no secret', () => {
    for (const [, { environment = {} }] of all) {
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|SECRET|API_KEY/.test(name)) expect(String(value), name).toMatch(/^\$\{\w+(:[-?][^}]*)?\}$/)
      }
    }
  })
})
