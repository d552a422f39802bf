import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../src/root.ts'

const CHART = join(ROOT, 'deploy/helm/corridor')
const read = (file: string): string => readFileSync(join(CHART, file), 'utf8')
const values = parse(read('values.yaml')) as Record<string, unknown> // Held to its schema by the first test.
const validate = new Ajv({ allErrors: true }).compile(JSON.parse(read('values.schema.json')) as object)
const templates = readdirSync(join(CHART, 'templates')).map((name) => read(join('templates', name)))

describe('the Helm chart', () => {
  it('has values that fit its schema', () => {
    expect(validate(values), JSON.stringify(validate.errors)).toBe(true)
  })

  it('refuses secrets among its values, images without a version, and an issuer without TLS', () => {
    const refused = [
      { environment: { STRIPE_SECRET_KEY: 'x' } },
      { environment: { TRUSTED_PROXIES: '1' } },
      { image: { repository: 'corridor', tag: 'latest' } },
      { web: { enabled: true, replicas: 1, issuer: 'http://is.example/oauth2/token' } },
    ]
    for (const changed of refused) expect(validate({ ...values, ...changed }), JSON.stringify(changed)).toBe(false)
  })

  it('uses no value that values.yaml does not name', () => {
    const used = templates.flatMap((text) => [...text.matchAll(/\.Values\.([\w.]+)/g)].map(([, path = '']) => path))
    expect(used.length).toBeGreaterThan(10)
    const isNamed = (path: string): boolean => {
      let value: unknown = values
      for (const name of path.split('.')) {
        if (typeof value !== 'object' || value === null || !(name in value)) return false
        value = Reflect.get(value, name)
      }
      return true
    }
    expect([...new Set(used)].filter((path) => !isNamed(path))).toEqual([])
  })

  it('asks every part whether it is well, workers at the port of operations, which nobody else may reach unasked', () => {
    const pod = read('templates/_helpers.tpl')
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      expect(pod.match(new RegExp(`${probe}:`, 'g')), probe).toHaveLength(2) // Of what serves GraphQL, and of workers.
    }
    expect(pod).toContain('httpGet: { path: /ready, port: operations }')
    const policies = read('templates/network-policies.yaml')
    const open = policies.match(/^ +- (?:from|ports|\{\}).*/gm) ?? []
    expect(open.filter((line) => !/ports: \[\{ port: (graphql|operations) \}\]/.test(line))).toEqual([])
  })

  it('lets no container run as root, write to its image, or gain privileges', () => {
    const containers = templates.filter((text) => text.includes('containers:'))
    expect(containers).toHaveLength(2)
    for (const text of containers) {
      for (const demand of ['runAsNonRoot: true', 'readOnlyRootFilesystem: true', 'allowPrivilegeEscalation: false']) {
        expect(text).toContain(demand)
      }
    }
  })
})
