import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DASHBOARDS, grafanaDashboard } from './dashboards.ts'
import { ROOT } from './root.ts'

/** `npm run dashboards`: writes the dashboards to `otel/grafana/dashboards`. */
for (const dashboard of DASHBOARDS) {
  const path = join('otel', 'grafana', 'dashboards', `${dashboard.name}.json`)
  writeFileSync(join(ROOT, path), grafanaDashboard(dashboard))
  process.stdout.write(`${path} written\n`)
}
