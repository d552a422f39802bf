-- The event tables, as described in packages/events, and idempotency keys, as in packages/platform. New tables only.
-- Events of committed changes that the relay has not delivered yet, written in the transaction of the change.
create table event_queue (
  sequence bigint generated always as identity primary key,
  id uuid not null,
  topic text not null,
  key text not null,
  type text not null,
  data jsonb not null,
  traceparent text,
  occurred_at timestamptz not null default now()
);

-- Events that could not be delivered. A parked row parks its key: what follows waits in the queue until it is replayed.
create table parked_events (
  sequence bigint primary key,
  id uuid not null,
  topic text not null,
  key text not null,
  type text not null,
  data jsonb not null,
  traceparent text,
  occurred_at timestamptz not null,
  reason text not null,
  parked_at timestamptz not null default now()
);
create index parked_events_key on parked_events (topic, key);

-- Who may do a thing that one alone may do. The fence rises with each new holder, so that an old one can be told apart.
create table leases (
  name text primary key,
  holder text not null,
  fence bigint not null,
  expires_at timestamptz not null
);

-- Events whose effect on this database is committed, per consumer.
create table handled_events (
  consumer text not null,
  event_id uuid not null,
  handled_at timestamptz not null default now(),
  constraint handled_events_pk primary key (consumer, event_id)
);

-- One row per caller and key, for ever. The digest is an HMAC: the input itself is not kept.
create table idempotency_keys (
  scope text not null,
  key text not null,
  digest bytea not null,
  result_id uuid not null,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_pk primary key (scope, key),
  constraint idempotency_keys_key_length check (length(key) between 1 and 255)
);
