-- Wallets: owner, name and life cycle. Their money is the ledger's, in the account of the same id. New table only.
create table wallets (
  id uuid primary key, -- the ledger account's id
  owner uuid not null, -- never changes
  name text not null,
  currency text not null,
  status text not null default 'ACTIVE',
  status_reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint wallets_status check (status in ('ACTIVE', 'FROZEN', 'CLOSED')),
  constraint wallets_currency check (currency ~ '^[A-Z]{3}$'),
  constraint wallets_name_length check (length(name) between 1 and 100)
);
create index wallets_owner on wallets (owner, created_at, id);
