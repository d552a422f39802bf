-- Endpoints that customers want to be told of their payments at, and each telling. New tables only.
create table webhooks (
  id uuid primary key,
  owner uuid not null,
  url text not null,
  events text[] not null, -- empty: all
  secret_ct bytea not null, -- sealed: whoever reads the table can sign nothing
  created_at timestamptz not null,
  deleted_at timestamptz,
  constraint webhooks_url_length check (length(url) between 1 and 2048)
);
create index webhooks_owner on webhooks (owner, created_at) where deleted_at is null;

create table webhook_deliveries (
  id uuid primary key, -- sent as webhook-id, the same at every attempt, so that the receiver can tell a repetition
  number bigint generated always as identity unique,
  webhook_id uuid not null references webhooks (id),
  event_id uuid not null,
  event_type text not null,
  occurred_at timestamptz not null,
  data jsonb not null, -- ids and a state: no personal data leaves by this door
  status text not null default 'PENDING',
  attempts integer not null default 0,
  last_error text,
  next_attempt_at timestamptz,
  constraint webhook_deliveries_event_once unique (webhook_id, event_id),
  constraint webhook_deliveries_status check (status in ('PENDING', 'DELIVERED', 'DEAD')),
  constraint webhook_deliveries_pending_is_due check ((status = 'PENDING') = (next_attempt_at is not null))
);
create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where status = 'PENDING';
create index webhook_deliveries_webhook on webhook_deliveries (webhook_id, number desc);
