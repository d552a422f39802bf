-- Whom a customer pays, and the keys of the commands that create. Columns `*_ct` are encrypted with the owner's key. A
-- removed beneficiary stays: payments made to him name him. New tables only.
create table beneficiaries (
  id uuid primary key,
  owner_id uuid not null references profiles (id),
  name_ct bytea not null,
  country text not null,
  currency text not null,
  delivery text not null,
  wallet_id uuid,
  account_number_ct bytea,
  bank_name_ct bytea,
  created_at timestamptz not null,
  removed_at timestamptz,
  constraint beneficiaries_country check (country ~ '^[A-Z]{2}$'),
  constraint beneficiaries_currency check (currency ~ '^[A-Z]{3}$'),
  constraint beneficiaries_delivery check (delivery in ('WALLET', 'BANK', 'CASH_PICKUP')),
  constraint beneficiaries_wallet check ((delivery = 'WALLET') = (wallet_id is not null)),
  constraint beneficiaries_bank check (
    (delivery = 'BANK') = (account_number_ct is not null) and (delivery = 'BANK') = (bank_name_ct is not null)
  )
);
create index beneficiaries_owner on beneficiaries (owner_id, id);

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
