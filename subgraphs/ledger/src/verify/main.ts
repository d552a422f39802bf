import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parse } from '../domain/export-format.ts'
import { type VerifyReport, verifyExport } from '../use-cases/verify-export.ts'

const USAGE = `npm run ledger:verify -- <export> [--trusted-head <hash>] [--keys <file>]

  <export>         a file that npm run ledger:export wrote; - reads standard input
  --trusted-head   a block hash that you kept earlier: the chain must still lead through it
  --keys           a JWK or a JWK set with the sealer's public key, kept from the router's /.well-known/jwks.json`

const [OK, BROKEN, MISUSED] = [0, 1, 2]
const BLOCK_HASH = /^[0-9a-f]{64}$/

/** `npm run ledger:verify`: checks an export with no server and no database. */
async function main(args: readonly string[]): Promise<number> {
  const given = readArguments(args)
  if (!given) {
    say(USAGE)
    return MISUSED
  }
  const { file, trustedHead, keysFile } = given
  const keys = keysFile === undefined ? undefined : await readKeys(keysFile)
  const chunks: AsyncIterable<Buffer> = file === '-' ? process.stdin : createReadStream(file)
  const report = await verifyExport(chunks, {
    ...(keys === undefined ? {} : { keys }),
    ...(trustedHead === undefined ? {} : { trustedHead }),
  })
  print(report, { keysFile, trustedHead })
  return report.problemCount === 0 ? OK : BROKEN
}

function readArguments(
  args: readonly string[],
): { file: string; trustedHead: string | undefined; keysFile: string | undefined } | null {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'trusted-head': { type: 'string' }, keys: { type: 'string' } },
    })
    const [file, ...more] = positionals
    const trustedHead = values['trusted-head']?.toLowerCase()
    if (file === undefined || more.length > 0) return null
    if (trustedHead !== undefined && !BLOCK_HASH.test(trustedHead)) return null
    return { file, trustedHead, keysFile: values.keys }
  } catch {
    // Whatever is wrong with the arguments, the answer is how they are written.
    return null
  }
}

async function readKeys(path: string): Promise<Record<string, unknown>[]> {
  const found = parse(await readFile(path, 'utf8'))
  if (!found) throw new Error(`${path} holds no JWK and no JWK set.`)
  return Array.isArray(found.keys) ? found.keys : [found]
}

function print(report: VerifyReport, given: { keysFile: string | undefined; trustedHead: string | undefined }): void {
  const { blocks, transfers, head, problems, problemCount, keyIds, trustedBlock } = report
  say(`${transfers} transfers in ${blocks} blocks; head ${head}`)
  if (problemCount > 0) {
    for (const problem of problems) say(`  ${problem}`)
    if (problemCount > problems.length) say(`  … and ${problemCount - problems.length} more.`)
    say(`NOT VERIFIED: ${problemCount} ${problemCount === 1 ? 'problem' : 'problems'}.`)
    return
  }
  say('Verified: every transfer is in its block as it was sealed, and every block stands on the one before it.')
  if (given.keysFile === undefined) {
    say(`Signed by ${keyIds.join(', ') || 'nobody'}, by the keys that stand in the export itself. That proves that it`)
    say(
      'was not damaged, and not who wrote it: whoever makes another history can put another key beside it. Give the key',
    )
    say('that you trust with --keys, or a head that you kept with --trusted-head.')
  } else {
    say(`Signed by ${keyIds.join(', ') || 'nobody'}, of the keys in ${given.keysFile}.`)
  }
  if (trustedBlock !== null) say(`The trusted head is block ${trustedBlock}: nothing up to it was rewritten.`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = BROKEN
}
