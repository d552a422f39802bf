-- Sealing: committed transfers in Merkle blocks (RFC 6962) that are chained by hash and signed.
--
-- The trigger needs a short share row exclusive lock on transfers: postings wait while this file runs, readers do not.
-- What was posted before is queued by it too, in order, so that the chain begins with the first transfer of the books.

-- Transfers that wait for a block, in arrays of at most 100, written in the transaction that posts them. Only the sealer
-- reads it, and removes what it has sealed in the transaction that seals it: a row that commits late is sealed late.
create table seal_queue (
  sequence bigint generated always as identity primary key,
  transfer_ids uuid[] not null,
  constraint seal_queue_part check (cardinality(transfer_ids) between 1 and 100)
);
alter table seal_queue alter column transfer_ids set storage plain; -- 1.6 kB at most: in the row, uncompressed

-- Every key that blocks were signed with. The id is its JWK thumbprint (RFC 7638).
create table sealing_keys (
  id text primary key,
  public_jwk jsonb not null,
  first_used_at timestamptz not null
);

create table ledger_blocks (
  number bigint primary key, -- 1, 2, 3, ...
  previous_hash bytea not null, -- of block 1: 32 zero bytes
  root bytea not null,
  size integer not null,
  sealed_at timestamptz not null,
  hash bytea not null,
  key_id text not null references sealing_keys (id),
  signature bytea not null,
  constraint ledger_blocks_not_empty check (size > 0),
  constraint ledger_blocks_hash_unique unique (hash),
  constraint ledger_blocks_follow_one_each unique (previous_hash) -- the chain has no fork
);

-- The place of each sealed transfer. No foreign key to transfers: the sealer has just read them, and rows never go.
create table block_leaves (
  block_number bigint not null,
  leaf_index integer not null,
  transfer_id uuid not null,
  leaf_hash bytea not null,
  constraint block_leaves_pk primary key (block_number, leaf_index),
  constraint block_leaves_sealed_once unique (transfer_id)
);

create trigger sealing_keys_append_only before update or delete on sealing_keys for each row execute function refuse_change();
create trigger sealing_keys_no_truncate before truncate on sealing_keys for each statement execute function refuse_change();
create trigger ledger_blocks_append_only before update or delete on ledger_blocks for each row execute function refuse_change();
create trigger ledger_blocks_no_truncate before truncate on ledger_blocks for each statement execute function refuse_change();
create trigger block_leaves_append_only before update or delete on block_leaves for each row execute function refuse_change();
create trigger block_leaves_no_truncate before truncate on block_leaves for each statement execute function refuse_change();

-- By a trigger, so that no way into transfers leads past the queue.
create function queue_for_sealing() returns trigger language plpgsql as $$
begin
  insert into seal_queue (transfer_ids)
  select array_agg(id)
  from (select id, (row_number() over () - 1) / 100 as part from new_transfers) as numbered
  group by part
  order by part;
  return null;
end $$;
create trigger transfers_queued_for_sealing after insert on transfers
  referencing new table as new_transfers for each statement execute function queue_for_sealing();

insert into seal_queue (transfer_ids)
select array_agg(id)
from (select id, (row_number() over (order by created_at, journal_id, position) - 1) / 100 as part from transfers) as numbered
group by part
order by part;

do $$
declare application text := current_database() || '_app';
begin
  execute format('revoke update, delete on sealing_keys, ledger_blocks, block_leaves from %I', application);
end $$;
