import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `ENV` of the stage `web`: names and defaults of what the templates are filled in with. */
export function defaultsOf(dockerfile: string): Record<string, string> {
  const stage =
    readFileSync(dockerfile, 'utf8')
      .split(/^FROM /m)
      .find((part) => / AS web\n/.test(part)) ?? ''
  const lines = stage
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.startsWith('ENV '))
  return Object.fromEntries(
    [...lines.join(' ').matchAll(/(\w+)=(\S*)/g)].map(([, name = '', value = '']) => [name, value]),
  )
}

/**
 * The server of the image `web`, by its templates, which are filled in as the image's start does. nginx must be
 * installed.
 */
export function startWebServer(input: {
  templates: string
  folder: string
  env: Readonly<Record<string, string>>
}): ChildProcess {
  const { templates, folder, env } = input
  const configuration = join(folder, 'conf.d')
  mkdirSync(configuration, { recursive: true })
  const values = {
    ...env,
    WEB_HEADERS_FILE: join(configuration, 'headers.inc'),
    WEB_PROXY_FILE: join(configuration, 'proxy.inc'),
  }
  for (const file of readdirSync(templates)) {
    const text = readFileSync(join(templates, file), 'utf8')
    writeFileSync(join(configuration, file.replace(/\.template$/, '')), filled(text, values))
  }
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const main = join(folder, 'nginx.conf')
  writeFileSync(
    main,
    `daemon off; pid ${folder}/nginx.pid; worker_processes 1; error_log stderr warn; events {}
    http { include /etc/nginx/mime.types; access_log off; ${paths.join(' ')} include ${configuration}/*.conf; }`,
  )
  return spawn('nginx', ['-e', 'stderr', '-c', main], { stdio: ['ignore', 'inherit', 'inherit'] })
}

/** As envsubst: a name without a value stays as it is, and nginx refuses it. */
const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
