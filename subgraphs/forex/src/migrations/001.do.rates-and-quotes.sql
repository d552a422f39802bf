-- Rates as they stand, every version they had, and the quotes locked on them. New tables only; locks nothing in use.

-- One row per pair that a provider quotes. Other pairs are derived from these when they are asked for.
create table current_rates (
  pair text primary key, -- base and quote currency: USDINR
  bid numeric not null,
  mid numeric not null,
  ask numeric not null,
  source text not null,
  path text[] not null,
  manual boolean not null default false,
  version bigint not null,
  observed_at timestamptz not null,
  effective_at timestamptz not null,
  constraint current_rates_pair check (pair ~ '^[A-Z]{6}$'),
  constraint current_rates_ordered check (0 < bid and bid <= mid and mid <= ask)
);

-- Every version, so that the rate that was in force at an instant can be named for ever.
create table rate_versions (
  pair text not null,
  version bigint not null,
  bid numeric not null,
  mid numeric not null,
  ask numeric not null,
  source text not null,
  path text[] not null,
  manual boolean not null,
  observed_at timestamptz not null,
  effective_at timestamptz not null,
  constraint rate_versions_pk primary key (pair, version)
);
create index rate_versions_in_force on rate_versions (pair, effective_at desc, version desc);

-- A rate locked for one customer: both amounts, and where the rate came from.
create table fx_quotes (
  id uuid primary key,
  owner uuid not null,
  from_currency text not null,
  from_minor bigint not null,
  to_currency text not null,
  to_minor bigint not null,
  applied_rate numeric not null,
  mid numeric not null,
  spread_bps integer not null,
  path text[] not null,
  source text not null,
  observed_at timestamptz not null,
  reference_usd_minor bigint not null, -- `from` in US cents at the mid
  reference_mid numeric not null, -- US dollars per unit of `from`
  created_at timestamptz not null,
  expires_at timestamptz not null,
  payment_id uuid, -- the payment that used it
  used_at timestamptz,
  constraint fx_quotes_amounts_positive check (from_minor > 0 and to_minor > 0),
  constraint fx_quotes_currencies_distinct check (from_currency <> to_currency),
  constraint fx_quotes_used check ((payment_id is null) = (used_at is null))
);
create index fx_quotes_open on fx_quotes (owner, expires_at) where payment_id is null;
