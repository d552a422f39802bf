import type { SqlClient } from '@corridor/platform'
import { blockLine, endLine, headerLine, transferLine } from '../domain/export-format.ts'
import { GENESIS_HASH } from '../domain/sealed-block.ts'
import { listBlocks, listSealingKeys, readBlockLeaves, readHead } from '../queries/blocks.ts'

const BLOCKS_PER_PAGE = 64

/**
 * The sealed books up to the newest block, in the format of `export-format.ts`, a block at a time: memory stays the same
 * however many there are. Blocks never change, so that no transaction has to be held open. A sealed transfer that is no
 * longer in the books stands there by its id alone, which does not verify.
 */
export async function* exportLedger(client: SqlClient): AsyncGenerator<string> {
  const head = await readHead(client)
  yield `${headerLine(await listSealingKeys(client))}\n`
  let transfers = 0n
  for (let after = 0n; after < (head?.number ?? 0n); ) {
    for (const block of await listBlocks(client, { after, limit: BLOCKS_PER_PAGE })) {
      if (block.number > (head?.number ?? 0n)) break
      const lines = [blockLine(block)]
      const leaves = await readBlockLeaves(client, block.number)
      lines.push(...leaves.map(transferLine))
      transfers += BigInt(leaves.length)
      yield `${lines.join('\n')}\n`
      after = block.number
    }
  }
  yield `${endLine({ blocks: head?.number ?? 0n, transfers, head: head?.blockHash ?? GENESIS_HASH })}\n`
}
