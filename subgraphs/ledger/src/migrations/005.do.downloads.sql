-- Addresses at which a statement or an export can be fetched once. A new table only; locks nothing that is in use.
create table downloads (
  token_hash bytea primary key, -- SHA-256 of the token, which is kept nowhere
  requested_by text not null, -- user:<id> or client:<id>
  account_id uuid, -- null: the whole books
  from_at timestamptz not null,
  to_at timestamptz not null,
  format text not null,
  requested_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint downloads_format check (format in ('CSV', 'JSON_LINES', 'HTML')),
  constraint downloads_period check (from_at < to_at)
);
create index downloads_open on downloads (requested_by, expires_at) where used_at is null;
create index downloads_expired on downloads (expires_at);
