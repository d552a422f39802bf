import { enqueueEvents, queueChannel, Sequencer } from '@corridor/events'
import {
  type Clock,
  createPool,
  inSpan,
  invariant,
  type JWK,
  type Logger,
  type Pool,
  type SqlClient,
  type Wakeups,
} from '@corridor/platform'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import { merkleRoot } from '../domain/merkle.ts'
import { type SealedBlock, SealingKey } from '../domain/sealed-block.ts'
import { linkOf, readHead, writeLeaves } from '../queries/blocks.ts'

/** Its proof of inclusion has at most ten hashes. */
export const MAX_BLOCK_SIZE = 1_024
const SEAL_EVERY_MS = 1_000
/** Of at most 100 transfers each; a round with more behind it is followed by the next at once. */
const QUEUE_ROWS_PER_ROUND = 320
const CONNECTIONS = 2

interface QueuedTransfers {
  readonly sequence: bigint
  readonly transfer_ids: readonly string[]
}

export interface LedgerSealerDeps {
  /** The application role's. */
  readonly databaseUrl: string
  /** An Ed25519 JWK. */
  readonly privateJwk: JWK
  readonly clock: Clock
  readonly logger: Logger
  readonly wakeups: Wakeups
  /** The name of its connections. */
  readonly service: string
}

export interface LedgerSealer {
  start(): void
  /** Seals all that is committed and waits, if this sealer's turn it is. */
  sealWaiting(): Promise<void>
  stop(): Promise<void>
}

/**
 * Seals committed transfers, about once a second: takes what is visible of `seal_queue` in order, and in the same
 * transaction writes blocks of up to 1,024 with their events. It takes no lock that a posting waits for, and what commits
 * later, in whatever order, is in the queue for a later round. Several sealers do no harm: one works, by its lease.
 */
export function createLedgerSealer(deps: LedgerSealerDeps): LedgerSealer {
  const { clock, logger, wakeups } = deps
  const key = SealingKey.of(deps.privateJwk)
  const pool: Pool = createPool({ url: deps.databaseUrl, service: deps.service, max: CONNECTIONS })
  const sequencer = new Sequencer<QueuedTransfers>({
    name: 'ledger-sealer',
    pool,
    queueTable: 'seal_queue',
    place: (client, rows) =>
      inSpan({ service: deps.service, name: 'seal transfers', parent: ROOT_CONTEXT }, () =>
        seal(client, { ids: rows.flatMap((row) => row.transfer_ids), key, now: clock.now() }),
      ),
    placed: () => wakeups.wake(queueChannel('ledger')),
    logger,
    wakeups,
    channel: 'ledger-sealer', // Nobody wakes it: blocks come by the clock.
    pollMs: SEAL_EVERY_MS,
    maxRows: QUEUE_ROWS_PER_ROUND,
  })
  return {
    start: () => sequencer.start(),
    async sealWaiting() {
      while (await sequencer.round());
    },
    async stop() {
      await sequencer.stop()
      await pool.end()
    },
  }
}

async function seal(
  client: SqlClient,
  { ids, key, now }: { ids: readonly string[]; key: SealingKey; now: Date },
): Promise<void> {
  let head = await readHead(client)
  const hashes = await writeLeaves(client, { ids, first: linkOf(head).number, blockSize: MAX_BLOCK_SIZE })
  invariant(hashes.flat().length === ids.length, 'what waits for its seal is in the books')
  const blocks: SealedBlock[] = []
  for (const leafHashes of hashes) {
    const root = merkleRoot(leafHashes).toString('hex')
    head = key.seal({ ...linkOf(head), root, size: leafHashes.length, sealedAt: now })
    blocks.push(head)
  }
  await writeKey(client, key, now)
  await writeBlocks(client, blocks)
  await enqueueEvents(client, blocks.map(eventOf))
}

async function writeKey(client: SqlClient, { publicJwk }: SealingKey, now: Date): Promise<void> {
  await client.query({
    name: 'ledger-write-sealing-key',
    text: `insert into sealing_keys (id, public_jwk, first_used_at) values ($1, $2::jsonb, $3) on conflict do nothing`,
    values: [publicJwk.kid, JSON.stringify(publicJwk), now],
  })
}

async function writeBlocks(client: SqlClient, blocks: readonly SealedBlock[]): Promise<void> {
  await client.query({
    name: 'ledger-write-blocks',
    text: `insert into ledger_blocks (number, previous_hash, root, size, sealed_at, hash, key_id, signature)
           select number, decode(previous_hash, 'hex'), decode(root, 'hex'), size, sealed_at, decode(hash, 'hex'), key_id,
                  decode(signature, 'hex')
           from unnest($1::bigint[], $2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
             as b (number, previous_hash, root, size, sealed_at, hash, key_id, signature)`,
    values: [
      blocks.map(({ number }) => number),
      blocks.map(({ previousBlockHash }) => previousBlockHash),
      blocks.map(({ root }) => root),
      blocks.map(({ size }) => size),
      blocks.map(({ sealedAt }) => sealedAt),
      blocks.map(({ blockHash }) => blockHash),
      blocks.map(({ keyId }) => keyId),
      blocks.map(({ signature }) => signature),
    ],
  })
}

/** All blocks are of one key, and so in order. */
const eventOf = (block: SealedBlock) => ({
  topic: 'ledger.blocks' as const,
  key: 'ledger',
  type: 'ledger.block_sealed',
  data: {
    number: String(block.number),
    size: block.size,
    root: block.root,
    blockHash: block.blockHash,
    previousBlockHash: block.previousBlockHash,
    signature: block.signature,
    keyId: block.keyId,
    sealedAt: block.sealedAt.toISOString(),
  },
})
