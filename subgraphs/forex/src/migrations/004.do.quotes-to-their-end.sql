-- Where a quote's rate came from in full, how it ended, what of it the ledger has taken over, and what may be refunded;
-- and which manual rates the history has yet to take. Columns with constant defaults: the tables are locked for an instant
-- and not rewritten; the new indexes lock out writers while they are built. Safe while the previous release runs.

alter table fx_quotes
  add column provenance jsonb not null default '{"ticks": []}', -- the ticks with their ages, and what the spread is made of
  add column expired_at timestamptz, -- when its expiry was announced
  add column settled_at timestamptz, -- when its payment was in the ledger, held or posted, or had come to nothing
  add column refundable_on date, -- the day on which it became one of `refundable_conversions`
  add column refunded_at timestamptz; -- and when it ceased to be one

update fx_quotes set settled_at = used_at where payment_id is not null;
update fx_quotes set expired_at = expires_at where payment_id is null and expires_at < now();

alter table fx_quotes add constraint fx_quotes_ended_once check (expired_at is null or payment_id is null);

create index fx_quotes_lasting on fx_quotes (expires_at) where payment_id is null and expired_at is null;
create index fx_quotes_unsettled on fx_quotes (used_at) where payment_id is not null and settled_at is null;
create index fx_quotes_payment on fx_quotes (payment_id) where payment_id is not null;
create index fx_quotes_of_day on fx_quotes (owner, created_at);

-- Conversions that were posted and may still be refunded, in sums per day: what would come in, and go out, were they all.
create table refundable_conversions (
  day date not null,
  currency text not null,
  incoming_minor numeric not null,
  outgoing_minor numeric not null, -- zero or less
  constraint refundable_conversions_pk primary key (day, currency),
  constraint refundable_conversions_signs check (incoming_minor >= 0 and outgoing_minor <= 0)
);

alter table rate_overrides add column in_history boolean not null default false; -- as it stands now
create index rate_overrides_for_history on rate_overrides (id) where not in_history;
