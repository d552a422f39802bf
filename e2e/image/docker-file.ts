import { readFileSync } from 'node:fs'

/**
 * The shell commands of a stage of a Dockerfile, one per RUN, as the shell would be given them.
 *
 * @throws Error when there is no such stage, or it runs nothing.
 */
export function commandsOf(dockerfile: string, stage: string): string[] {
  const text = readFileSync(dockerfile, 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
  const stages = text.split(/^FROM /m)
  const lines = stages.find((part) => new RegExp(`^\\S+ AS ${stage}\\n`).test(part))?.split('\n') ?? []
  const commands = lines.filter((line) => line.startsWith('RUN ')).map((line) => line.slice('RUN '.length))
  if (commands.length === 0) throw new Error(`${dockerfile} runs nothing in a stage ${stage}.`)
  return commands
}
