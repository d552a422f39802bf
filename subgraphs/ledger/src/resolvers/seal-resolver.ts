import type { Pool } from '@corridor/platform'
import { RequiresScopes, requestLoader, type SubgraphContext } from '@corridor/subgraph'
import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql'
import { inclusionPath } from '../domain/merkle.ts'
import { readHead, readLeafHashes, readSealPlaces, type SealPlace } from '../queries/blocks.ts'
import type { TransferRecord } from '../queries/transfers.ts'
import { LedgerBlockType, TransferSealType } from './seal-type.ts'
import { TransferType } from './transfer-type.ts'

/** Seals of transfers that the caller sees already: two statements a request, however many are asked for. */
const createSealReader = (pool: Pool) =>
  requestLoader<TransferSealType | null>(async (ids) => {
    const places = await readSealPlaces(pool, ids)
    const numbers = new Set([...places.values()].map(({ block }) => block.number))
    const hashes = await readLeafHashes(pool, [...numbers])
    return ids.map((id) => {
      const place = places.get(id)
      return place ? sealOf(place, hashes.get(place.block.number) ?? []) : null
    })
  })

function sealOf({ index, leafHash, leaf, block }: SealPlace, leafHashes: readonly Buffer[]): TransferSealType {
  const { number, size, root, blockHash, previousBlockHash, signature, sealedAt } = block
  return {
    block: String(number),
    index,
    size,
    leaf: Buffer.from(leaf).toString('hex'),
    leafHash: leafHash.toString('hex'),
    path: inclusionPath(leafHashes, index).map((hash) => hash.toString('hex')),
    root,
    blockHash,
    previousBlockHash,
    signature,
    sealedAt,
  }
}

@Resolver(() => TransferType)
export class SealResolver {
  private readonly seals: ReturnType<typeof createSealReader>

  constructor(private readonly pool: Pool) {
    this.seals = createSealReader(pool)
  }

  @RequiresScopes('ledger:read')
  @Query(() => LedgerBlockType, {
    nullable: true,
    description: 'The newest sealed block, signed: whoever keeps it can later prove that history was not rewritten.',
  })
  async latestBlock(): Promise<LedgerBlockType | null> {
    const head = await readHead(this.pool)
    return head && { ...head, number: String(head.number) }
  }

  @FieldResolver(() => TransferSealType, {
    nullable: true,
    description:
      'Proof that this record is in the books, to be checked without trusting them; null until its block is sealed, about a second.',
  })
  seal(@Root() { id }: TransferRecord, @Ctx() context: SubgraphContext): Promise<TransferSealType | null> {
    return this.seals(id, context)
  }
}
