-- Rule sets, what is known of customers, what they have used, and every decision. New tables only; locks nothing in use.

-- A GoRules JSON Decision Model per version. One version of a name is active; models never change once saved.
create table rule_sets (
  name text not null,
  version integer not null,
  status text not null,
  description text,
  model jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  constraint rule_sets_pk primary key (name, version),
  constraint rule_sets_name check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  constraint rule_sets_status check (status in ('DRAFT', 'ACTIVE', 'RETIRED'))
);
create unique index rule_sets_one_active on rule_sets (name) where status = 'ACTIVE';

-- What profile events say of a customer, without a name. `known` is false for a row that only serves as a lock.
create table risk_customers (
  id uuid primary key,
  known boolean not null default false,
  kyc_status text,
  kyc_level text,
  country text,
  time_zone text,
  screening jsonb, -- {match, score, listVersion}
  version bigint not null default 0, -- of the profile; older events change nothing
  countries text[] not null default '{}' -- where he has sent money before
);

-- Count and volume per customer and window, at the payments' own USD reference. Reservations count at once.
create table usage_windows (
  customer_id uuid not null,
  period text not null,
  starts_at timestamptz not null, -- in UTC; for EVER the epoch
  payments integer not null,
  usd_minor bigint not null,
  constraint usage_windows_pk primary key (customer_id, period, starts_at),
  constraint usage_windows_period check (period in ('HOUR', 'DAY', 'MONTH', 'EVER')),
  constraint usage_windows_not_negative check (payments >= 0 and usd_minor >= 0)
) with (fillfactor = 70);

-- One row per payment that counts: reserved by the decision, counted when it completed, released when it came to nothing.
create table reservations (
  payment_id uuid primary key,
  customer_id uuid not null,
  usd_minor bigint not null,
  reserved_at timestamptz not null,
  state text not null default 'RESERVED',
  constraint reservations_state check (state in ('RESERVED', 'COUNTED', 'RELEASED'))
);

-- Every decision with what it was decided on, under the id of its payment or, when prepared, of its quote.
create table decisions (
  id uuid primary key,
  prepared boolean not null,
  customer_id uuid not null,
  outcome text not null,
  risk_score smallint not null,
  reasons jsonb not null,
  limits jsonb not null,
  inputs jsonb not null,
  rule_sets jsonb not null, -- name to version
  decided_at timestamptz not null,
  constraint decisions_outcome check (outcome in ('APPROVE', 'REVIEW', 'DECLINE')),
  constraint decisions_risk_score check (risk_score between 0 and 100)
);
create index decisions_customer on decisions (customer_id, decided_at);
