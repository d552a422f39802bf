import { spawnSync } from 'node:child_process'

const TIMEOUT_MS = 60_000

/** Runs a program to its end. Secrets go by files, never as arguments. @throws Error with the program's own words. */
export function run(program: string, args: readonly string[], options: { input?: string } = {}): string {
  const { stdout, stderr, status, error } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    ...(options.input === undefined ? {} : { input: options.input }),
  })
  if (error !== undefined) throw new Error(`${program} cannot be run: ${error.message}. ${REMEDIES[program] ?? ''}`)
  if (status !== 0) throw new Error(`${program} ${args[0]} failed: ${stderr}${stdout}`)
  return stdout
}

export const isPresent = (program: string): boolean => spawnSync(program, ['-version']).error === undefined

const REMEDIES: Readonly<Record<string, string>> = {
  openssl: 'Install the package openssl.',
  keytool: 'Install a Java runtime: keytool is part of it.',
}
