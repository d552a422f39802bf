import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { uuidv7 } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blockLine, readBlockLine, readTransferLine } from '../src/domain/export-format.ts'
import { leafHash, merkleRoot } from '../src/domain/merkle.ts'
import { SealingKey } from '../src/domain/sealed-block.ts'
import { exportLedger, type LedgerSealer } from '../src/index.ts'
import { type VerifyOptions, verifyExport } from '../src/use-cases/verify-export.ts'
import { move, TestBooks } from './books.ts'
import { newSealingKey, sealerOf } from './sealed-books.ts'

let books: TestBooks
let sealer: LedgerSealer
/** The export's lines: its head, three blocks with their transfers, its end. */
let lines: string[]
/** What one kept when the second block was the newest. */
let earlierHead: string
const SIZES = [3, 1, 5]

beforeAll(async () => {
  books = await TestBooks.open()
  sealer = sealerOf(books)
  const to = await books.wallet()
  for (const size of SIZES) {
    const transfers = Array.from({ length: size }, () => move('settlement.sandbox', to, 100n))
    await books.ledger.useCases.postJournals([{ id: uuidv7(), description: 'Café “1”', transfers }])
    await sealer.sealWaiting()
  }
  let text = ''
  for await (const chunk of exportLedger(books.ledger.pool)) text += chunk
  lines = text.split('\n').slice(0, -1)
  earlierHead = blockOf(lines[5]).blockHash
})
afterAll(async () => {
  await sealer.stop()
  await books.close()
})

const verify = (bytes: Buffer | string, options: VerifyOptions = {}) =>
  verifyExport(chunksOf(Buffer.from(bytes)), options)
const textOf = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('')
const keysOf = (all: readonly string[]): Record<string, unknown>[] => JSON.parse(all[0] ?? '').keys

/** In chunks whose ends fall anywhere. */
async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += 777) yield bytes.subarray(from, from + 777)
}

function blockOf(line: string | undefined) {
  const block = readBlockLine(Buffer.from(line ?? ''))
  if (!block) throw new Error(`no block: ${line}`)
  return block
}

function transferOf(line: string | undefined) {
  const transfer = readTransferLine(Buffer.from(line ?? ''))
  if (!transfer) throw new Error(`no transfer: ${line}`)
  return transfer
}

describe('an export', () => {
  it('is verified with its keys and with a head that was kept earlier', async () => {
    expect(lines).toHaveLength(1 + SIZES.length + 9 + 1)
    const report = await verify(textOf(lines), { keys: keysOf(lines), trustedHead: earlierHead })
    expect(report).toMatchObject({ problems: [], blocks: 3n, transfers: 9n, trustedBlock: 2n })
    expect(report.head).toBe(blockOf(lines[7]).blockHash)
    expect(report.keyIds).toEqual(keysOf(lines).map(({ kid }) => kid))
  })

  it('shows every single byte of a transfer that was changed, by its name', async () => {
    const index = 9 // The second transfer of the third block.
    const original = Buffer.from(textOf(lines))
    const start = Buffer.byteLength(textOf(lines.slice(0, index)))
    const { id } = JSON.parse(transferOf(lines[index]).leaf.toString('utf8'))
    const idAt = start + Buffer.from(lines[index] ?? '').indexOf(id)
    for (let at = start; at < start + Buffer.byteLength(lines[index] ?? ''); at += 1) {
      const changed = Buffer.from(original)
      changed[at] = (changed[at] ?? 0) ^ 0x01
      const { problems } = await verify(changed)
      const [problem = 'nothing was found'] = problems
      expect(problem).toContain('number 1 of block 3')
      if (at < idAt || at >= idAt + id.length) expect(problem).toContain(id)
    }
  })

  it('does not hide a changed amount behind a leaf hash that fits it', async () => {
    const changed = lines.with(2, forged(lines[2]))
    expect((await verify(textOf(changed))).problems).toEqual([
      'The transfers of block 1 do not hash to its root: some were changed, or stand in another order.',
    ])
  })

  it('does not hide it behind a root and a block hash that fit it either, nor behind another key', async () => {
    const forger = SealingKey.of(newSealingKey())
    const leaves = [forged(lines[2]), lines[3] ?? '', lines[4] ?? '']
    const root = merkleRoot(leaves.map((line) => Buffer.from(transferOf(line).leafHash, 'hex'))).toString('hex')
    const block = { ...blockOf(lines[1]), root }
    const again = forger.seal(block)
    const forgedLines = [lines[0] ?? '', blockLine({ ...again, keyId: block.keyId }), ...leaves, ...lines.slice(5)]
    const { problems } = await verify(textOf(forgedLines))
    expect(problems).toEqual([
      'Block 1: its signature is not good.',
      'Block 2 does not stand on the block before it: the chain is broken.',
    ])
  })

  it('is found out when all of it was written anew, by a kept key or a kept head alone', async () => {
    const forger = SealingKey.of(newSealingKey())
    const anew = lines.with(0, JSON.stringify({ ...JSON.parse(lines[0] ?? ''), keys: [forger.publicJwk] }))
    anew[2] = forged(lines[2])
    let previousBlockHash = '0'.repeat(64)
    for (const [at, size] of [
      [1, 3],
      [5, 1],
      [7, 5],
    ] as const) {
      const hashes = anew.slice(at + 1, at + 1 + size).map((line) => Buffer.from(transferOf(line).leafHash, 'hex'))
      const block = forger.seal({ ...blockOf(lines[at]), previousBlockHash, root: merkleRoot(hashes).toString('hex') })
      anew[at] = blockLine(block)
      previousBlockHash = block.blockHash
    }
    anew[anew.length - 1] = JSON.stringify({ end: { blocks: '3', transfers: '9', head: previousBlockHash } })
    expect(await verify(textOf(anew))).toMatchObject({ problems: [] })
    expect((await verify(textOf(anew), { keys: keysOf(lines) })).problems[0]).toMatch(/not among those to trust/)
    expect((await verify(textOf(anew), { trustedHead: earlierHead })).problems).toMatchObject([
      /no block of this chain/,
    ])
  })

  it.each<[string, (all: string[]) => string[], RegExp]>([
    ['cut off', (all) => all.slice(0, -3), /cut off/],
    ['empty', () => [], /nothing in it/],
    ['without one transfer', (all) => all.toSpliced(3, 1), /Block 1 has 2 transfers, and says 3/],
    ['without one block', (all) => all.toSpliced(5, 2), /Block 3 follows block 1/],
    ['with two transfers changed about', (all) => all.with(2, all[3] ?? '').with(3, all[2] ?? ''), /another order/],
    ['continued behind its end', (all) => [...all, all[2] ?? ''], /behind the end/],
    ['without its last block', (all) => all.toSpliced(7, 6), /not all of that is in it/],
    ['with a line that is endless', (all) => all.toSpliced(3, 0, 'x'.repeat(200_000)), /longer than any/],
    ['no export', () => ['{"format":"other"}'], /not the head of a ledger export/],
    [
      'with another time of sealing',
      (all) => all.with(1, (all[1] ?? '').replace('Z"', '1Z"')),
      /not what an export holds/,
    ],
  ])('is found to be %s', async (_what, change, problem) => {
    const { problems, problemCount } = await verify(textOf(change([...lines])))
    expect(problems.join('\n')).toMatch(problem)
    expect(problemCount).toBeGreaterThan(0)
  })
})

/** The line with another amount and the leaf hash of that. */
function forged(line: string | undefined): string {
  const leaf = Buffer.from(transferOf(line).leaf.toString('utf8').replace('"amountMinor":"100"', '"amountMinor":"900"'))
  return `{"leafHash":"${leafHash(leaf).toString('hex')}","transfer":${leaf.toString('utf8')}}`
}

describe('npm run ledger:verify', () => {
  const MAIN = fileURLToPath(new URL('../dist/verify/main.js', import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'corridor-export-'))
  const file = join(folder, 'books.jsonl')
  afterAll(() => rmSync(folder, { recursive: true }))

  const command = (...args: string[]): Promise<{ code: number | null; output: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
      child.once('close', (code) => resolve({ code, output }))
    })

  it('says what holds, what it was checked by, and what that proves', async () => {
    writeFileSync(file, textOf(lines))
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: keysOf(lines) }))
    const alone = await command(file, '--trusted-head', earlierHead)
    expect(alone).toMatchObject({ code: 0 })
    expect(alone.output).toMatch(/9 transfers in 3 blocks.*Verified.*not who wrote it.*trusted head is block 2/s)
    const withKeys = await command(file, '--keys', join(folder, 'keys.json'))
    expect(withKeys.code).toBe(0)
    expect(withKeys.output).not.toContain('not who wrote it')
  })

  it('names what was changed and ends with 1; ends with 2 for wrong arguments', async () => {
    writeFileSync(file, textOf(lines).replace('"amountMinor":"100"', '"amountMinor":"900"'))
    const { id } = JSON.parse(transferOf(lines[2]).leaf.toString('utf8'))
    const changed = await command(file)
    expect(changed.code).toBe(1)
    expect(changed.output).toContain(`Transfer ${id}, number 0 of block 1, does not hash to its leaf: it was changed.`)
    expect((await command()).code).toBe(2)
    expect((await command(file, '--trusted-head', 'abc')).code).toBe(2)
    expect((await command(join(folder, 'none.jsonl'))).code).toBe(1)
  })
})
