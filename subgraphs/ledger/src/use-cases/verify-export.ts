import {
  type ExportTotals,
  readBlockLine,
  readEndLine,
  readHeaderLine,
  readTransferLine,
} from '../domain/export-format.ts'
import { leafHash, MerkleTree } from '../domain/merkle.ts'
import { GENESIS_HASH, hashOfBlock, type SealedBlock, SealVerifier } from '../domain/sealed-block.ts'

export interface VerifyOptions {
  /** JWKs to trust. Without any, those of the export itself are taken, which proves less. */
  readonly keys?: readonly Record<string, unknown>[]
  /** A block hash that was kept earlier and must be in the chain. */
  readonly trustedHead?: string
}

export interface VerifyReport extends ExportTotals {
  /** Each names its block and transfer; the first of them, at most `MAX_PROBLEMS`. Empty: all of it holds. */
  readonly problems: readonly string[]
  readonly problemCount: number
  /** The transfers that do not hash to their leaves, as far as they can be named; at most `MAX_PROBLEMS`. */
  readonly changedTransfers: readonly string[]
  /** The ids of the keys whose signatures were found good. */
  readonly keyIds: readonly string[]
  /** The block whose hash the trusted head is. */
  readonly trustedBlock: bigint | null
}

const MAX_PROBLEMS = 100
const MAX_LINE_BYTES = 64 * 1024
const LINE_FEED = 0x0a

/**
 * Checks an export (`export-format.ts`) with nothing but itself: that every transfer hashes to its leaf, the leaves of
 * each block to its root, each block to its hash and on to the next, that each signature is good, and that nothing is
 * missing at the end. It needs no more memory for a long one.
 *
 * The root over all leaves is what every inclusion proof leads to: when it holds, all of them do.
 */
export async function verifyExport(chunks: AsyncIterable<Buffer>, options: VerifyOptions = {}): Promise<VerifyReport> {
  const verifier = new ExportVerifier(options)
  for await (const line of linesOf(chunks)) verifier.take(line)
  return verifier.finish()
}

class ExportVerifier {
  private readonly problems: string[] = []
  private problemCount = 0
  private readonly changedTransfers: string[] = []
  private lines = 0
  private keys: ReadonlyMap<string, SealVerifier> = new Map()
  private readonly usedKeys = new Set<string>()
  private block: SealedBlock | null = null
  private tree = new MerkleTree()
  private leaves = 0
  private transfers = 0n
  private end: ExportTotals | null = null
  private trustedBlock: bigint | null = null

  constructor(private readonly options: VerifyOptions) {}

  take(line: Buffer | null): void {
    this.lines += 1
    if (line === null) this.report(`Line ${this.lines} is longer than any of an export.`)
    else if (this.lines === 1) this.takeHeader(line)
    else if (this.end) this.report(`Line ${this.lines} comes behind the end of the export.`)
    else this.takeContent(line)
  }

  finish(): VerifyReport {
    if (this.lines === 0) this.report('There is nothing in it.')
    else if (!this.end) this.report('The end of the export is missing: it was cut off.')
    const { trustedHead } = this.options
    if (trustedHead !== undefined && this.trustedBlock === null) {
      this.report(
        `The trusted head ${trustedHead} is no block of this chain: history is another one, or ends before it.`,
      )
    }
    return {
      blocks: this.block?.number ?? 0n,
      transfers: this.transfers,
      head: this.block?.blockHash ?? GENESIS_HASH,
      problems: this.problems,
      problemCount: this.problemCount,
      changedTransfers: this.changedTransfers,
      keyIds: [...this.usedKeys],
      trustedBlock: this.trustedBlock,
    }
  }

  private takeContent(line: Buffer): void {
    const transfer = readTransferLine(line)
    const block = transfer ? null : readBlockLine(line)
    const end = transfer || block ? null : readEndLine(line)
    if (transfer) this.takeTransfer(transfer)
    else if (block) this.takeBlock(block)
    else if (end) this.takeEnd(end)
    else {
      const id = idIn(line)
      const named = id === undefined ? 'it names no transfer' : `it names transfer ${id}`
      this.report(`Line ${this.lines}, ${this.place()}, is not what an export holds: ${named}.`)
      this.leaves += 1 // A transfer whose line is damaged still has its place.
    }
  }

  private takeHeader(line: Buffer): void {
    const own = readHeaderLine(line)
    if (!own) this.report('Line 1 is not the head of a ledger export of version 1.')
    const verifiers = (this.options.keys ?? own ?? []).flatMap((jwk) => {
      try {
        return [SealVerifier.of(jwk)]
      } catch {
        this.report('A key is no public Ed25519 JWK.')
        return []
      }
    })
    this.keys = new Map(verifiers.map((each) => [each.keyId, each]))
  }

  private takeBlock(block: SealedBlock): void {
    this.closeBlock()
    const name = `Block ${block.number}`
    const previous = this.block
    if (block.number !== (previous?.number ?? 0n) + 1n) {
      this.report(`${name} follows block ${previous?.number ?? 0n}: blocks are missing or out of order.`)
    }
    if (block.previousBlockHash !== (previous?.blockHash ?? GENESIS_HASH)) {
      this.report(`${name} does not stand on the block before it: the chain is broken.`)
    }
    if (hashOfBlock(block) !== block.blockHash) this.report(`${name} does not hash to its block hash.`)
    const key = this.keys.get(block.keyId)
    if (!key) this.report(`${name} is signed with the key ${block.keyId}, which is not among those to trust.`)
    else if (!key.signed(block)) this.report(`${name}: its signature is not good.`)
    else this.usedKeys.add(block.keyId)
    if (block.blockHash === this.options.trustedHead) this.trustedBlock = block.number
    this.block = block
    this.tree = new MerkleTree()
    this.leaves = 0
  }

  private takeTransfer({ leafHash: stated, leaf }: { leafHash: string; leaf: Buffer }): void {
    if (leafHash(leaf).toString('hex') !== stated) {
      const id = idIn(leaf)
      if (id !== undefined && this.changedTransfers.length < MAX_PROBLEMS) this.changedTransfers.push(id)
      const named = id ?? 'without a legible id'
      this.report(`Transfer ${named}, ${this.place()}, does not hash to its leaf: it was changed.`)
    }
    this.tree.append(Buffer.from(stated, 'hex'))
    this.leaves += 1
    this.transfers += 1n
  }

  private takeEnd(end: ExportTotals): void {
    this.closeBlock()
    this.end = end
    const { blocks, transfers, head } = end
    const found = { blocks: this.block?.number ?? 0n, transfers: this.transfers, head: this.block?.blockHash }
    if (blocks !== found.blocks || transfers !== found.transfers || head !== (found.head ?? GENESIS_HASH)) {
      this.report(`The export ends at block ${blocks} with ${transfers} transfers, but not all of that is in it.`)
    }
  }

  private closeBlock(): void {
    if (!this.block) {
      if (this.leaves > 0) this.report('Transfers come before the first block.')
      return
    }
    const { number, size, root } = this.block
    if (this.leaves !== size) this.report(`Block ${number} has ${this.leaves} transfers, and says ${size}.`)
    else if (this.tree.root().toString('hex') !== root) {
      this.report(
        `The transfers of block ${number} do not hash to its root: some were changed, or stand in another order.`,
      )
    }
  }

  private place(): string {
    return this.block ? `number ${this.leaves} of block ${this.block.number}` : 'before the first block'
  }

  private report(problem: string): void {
    this.problemCount += 1
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem)
  }
}

/** The id of a transfer, before or behind which one name may be damaged. */
const ID = /"id":"([0-9a-f-]{36})|([0-9a-f-]{36})","journalId":/

/** The id that the bytes of a transfer state, where one can be made out. */
function idIn(bytes: Buffer): string | undefined {
  const found = ID.exec(bytes.toString('utf8'))
  return found?.[1] ?? found?.[2]
}

/** The lines of a stream without their ends; null stands for one that is too long to be of an export. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | null> {
  let rest: Buffer = Buffer.alloc(0)
  let skipping = false
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      const line = Buffer.concat([rest, chunk.subarray(from, end)])
      yield skipping || line.length > MAX_LINE_BYTES ? null : line
      ;[rest, skipping, from] = [Buffer.alloc(0), false, end + 1]
    }
    if (!skipping) rest = Buffer.concat([rest, chunk.subarray(from)])
    if (rest.length > MAX_LINE_BYTES) [rest, skipping] = [Buffer.alloc(0), true]
  }
  if (skipping) yield null
  else if (rest.length > 0) yield rest
}
