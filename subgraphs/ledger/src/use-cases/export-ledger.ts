import type { Pool } from '@corridor/platform'
import { blockLine, endLine, headerLine, transferLine } from '../domain/export-format.ts'
import { GENESIS_HASH } from '../domain/sealed-block.ts'
import { listBlocks, listSealingKeys, readBlockLeaves, readHead } from '../queries/blocks.ts'

const BLOCKS_PER_PAGE = 64

/**
 * The sealed books up to the newest block, in the format of `export-format.ts`, a block at a time: memory stays the same
 * however many there are. Blocks never change, so that no transaction has to be held open.
 *
 * @throws Error when a sealed transfer is no longer in the books.
 */
export async function* exportLedger(pool: Pool): AsyncGenerator<string> {
  const head = await readHead(pool)
  yield `${headerLine(await listSealingKeys(pool))}\n`
  let transfers = 0n
  for (let after = 0n; after < (head?.number ?? 0n); ) {
    for (const block of await listBlocks(pool, { after, limit: BLOCKS_PER_PAGE })) {
      if (block.number > (head?.number ?? 0n)) break
      const lines = [blockLine(block)]
      for (const { transferId, leafHash, record } of await readBlockLeaves(pool, block.number)) {
        if (!record) throw new Error(`Transfer ${transferId} of block ${block.number} is not in the books.`)
        lines.push(transferLine(leafHash, record))
        transfers += 1n
      }
      yield `${lines.join('\n')}\n`
      after = block.number
    }
  }
  yield `${endLine({ blocks: head?.number ?? 0n, transfers, head: head?.blockHash ?? GENESIS_HASH })}\n`
}
