-- Manual rates, what providers said meanwhile, and ticks that were not believed. New tables, and one column with a
-- constant default: `rate_versions` is locked for an instant and not rewritten. Safe while the previous release runs.

-- The newest believed tick of each pair, kept up to date while a manual rate stands, to return to when it ends.
create table provider_rates (
  pair text primary key,
  bid numeric not null,
  mid numeric not null,
  ask numeric not null,
  source text not null,
  observed_at timestamptz not null,
  constraint provider_rates_ordered check (0 < bid and bid <= mid and mid <= ask)
);
insert into provider_rates (pair, bid, mid, ask, source, observed_at)
  select pair, bid, mid, ask, source, observed_at from current_rates where not manual;

-- Manual rates that stand and that stood: who set them, why, and who ended them. Rows are never removed.
create table rate_overrides (
  id uuid primary key,
  pair text not null,
  mid numeric not null,
  note text not null,
  set_by text not null,
  set_at timestamptz not null,
  expires_at timestamptz,
  ended_at timestamptz,
  ended_by text, -- null where it expired
  constraint rate_overrides_pair check (pair ~ '^[A-Z]{6}$'),
  constraint rate_overrides_mid_positive check (mid > 0),
  constraint rate_overrides_note check (length(note) between 1 and 500),
  constraint rate_overrides_ended check (ended_at is not null or ended_by is null)
);
create unique index rate_overrides_standing on rate_overrides (pair) where ended_at is null;

-- A version that ends a pair: a manual rate was cleared and no provider quotes the pair itself.
alter table rate_versions add column withdrawn boolean not null default false;

-- Ticks that were refused, each once. No check on prices: that they are nonsense is why they are here.
create table quarantined_ticks (
  pair text not null,
  source text not null,
  observed_at timestamptz not null,
  bid numeric not null,
  mid numeric not null,
  ask numeric not null,
  reason text not null,
  quarantined_at timestamptz not null default now(),
  constraint quarantined_ticks_pk primary key (pair, source, observed_at)
);
