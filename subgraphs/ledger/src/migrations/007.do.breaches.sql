-- Breaches of invariants, each from the check that found it to the one that no longer did. A new table, and a column on a
-- small one; locks nothing that a posting uses.
create table invariant_breaches (
  id uuid primary key,
  name text not null,
  detail text,
  found_at timestamptz not null,
  ended_at timestamptz -- null while it lasts
);
create unique index invariant_breaches_open on invariant_breaches (name) where ended_at is null;

alter table invariant_checks add column took_ms integer not null default 0; -- of all of them together
