-- The books: accounts, journals, transfers, entries. New tables only; locks nothing that is in use.
--
-- Rows of transfers and entries never change: a resolution of a pending transfer is a row of its own that names it.
-- Foreign keys from transfers and entries to accounts are left out on purpose: the one write path holds the accounts
-- locked when it inserts, accounts are never deleted (trigger below), and the check would cost four look-ups a transfer.
-- The invariant "every entry has its account" is verified instead.

create table accounts (
  id uuid primary key,
  code text not null,
  currency text not null,
  owner uuid, -- the customer; null for accounts of the house
  status text not null default 'OPEN',
  posted_minor bigint not null default 0, -- credits less debits, signed
  held_minor bigint not null default 0, -- pending debits
  incoming_minor bigint not null default 0, -- pending credits
  floor_minor bigint, -- what may be spent ends here; null: no floor
  entry_count bigint not null default 0,
  version bigint not null default 0, -- rises with every change of balance, hold or status
  created_at timestamptz not null default now(),
  constraint accounts_status check (status in ('OPEN', 'FROZEN', 'CLOSED')),
  constraint accounts_currency check (currency ~ '^[A-Z]{3}$'),
  constraint accounts_pending_not_negative check (held_minor >= 0 and incoming_minor >= 0),
  constraint accounts_available_above_floor check (floor_minor is null or posted_minor - held_minor >= floor_minor),
  constraint accounts_owner_of_customer check ((code = 'customer.wallet') = (owner is not null))
) with (fillfactor = 70); -- room for the new version of a row beside the old: balances change all the time
create unique index accounts_house on accounts (code, currency) where owner is null;
create index accounts_owner on accounts (owner) where owner is not null;

-- One row per journal id that was decided for good: posted, finally refused, or retired before it was posted.
create table journals (
  id uuid primary key,
  digest bytea, -- of its content; null for a retired id that never had any
  status text not null,
  code text,
  message text,
  transfer_index smallint,
  description text,
  decided_at timestamptz not null,
  constraint journals_status check (status in ('POSTED', 'REFUSED', 'RETIRED')),
  constraint journals_refusal_has_code check ((status = 'REFUSED') = (code is not null))
);

create table transfers (
  id uuid primary key, -- chosen by the caller, so that a retry is recognised and not posted twice
  journal_id uuid not null,
  position smallint not null,
  action text not null,
  debit_account_id uuid not null,
  credit_account_id uuid not null,
  amount_minor bigint not null,
  currency text not null,
  resolves uuid, -- the pending transfer that this row posts, voids or expires
  expires_at timestamptz,
  created_at timestamptz not null,
  constraint transfers_amount_positive check (amount_minor > 0),
  constraint transfers_accounts_distinct check (debit_account_id <> credit_account_id),
  constraint transfers_action check (action in ('POST', 'HOLD', 'CAPTURE', 'VOID', 'EXPIRE')),
  constraint transfers_resolution_names_hold check ((action in ('CAPTURE', 'VOID', 'EXPIRE')) = (resolves is not null)),
  constraint transfers_only_holds_expire check (expires_at is null or action = 'HOLD')
);
create index transfers_journal on transfers (journal_id);
create unique index transfers_resolved_once on transfers (resolves) where resolves is not null;
create index transfers_expiring on transfers (expires_at) where expires_at is not null;

create table entries (
  account_id uuid not null,
  number bigint not null, -- 1, 2, 3, ... within the account
  transfer_id uuid not null,
  direction text not null,
  amount_minor bigint not null,
  balance_after_minor bigint not null,
  account_version bigint not null,
  at timestamptz not null,
  constraint entries_pk primary key (account_id, number),
  constraint entries_direction check (direction in ('DEBIT', 'CREDIT')),
  constraint entries_amount_positive check (amount_minor > 0)
);
create index entries_transfer on entries (transfer_id);

-- The books are append-only, for the owner too.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger transfers_append_only before update or delete on transfers for each row execute function refuse_change();
create trigger transfers_no_truncate before truncate on transfers for each statement execute function refuse_change();
create trigger entries_append_only before update or delete on entries for each row execute function refuse_change();
create trigger entries_no_truncate before truncate on entries for each statement execute function refuse_change();
create trigger accounts_never_removed before delete on accounts for each row execute function refuse_change();
create trigger accounts_no_truncate before truncate on accounts for each statement execute function refuse_change();
create trigger journals_append_only before update or delete on journals for each row execute function refuse_change();
create trigger journals_no_truncate before truncate on journals for each statement execute function refuse_change();

-- When each invariant was last checked, and what was found.
create table invariant_checks (
  name text primary key,
  holds boolean not null,
  rows_checked bigint not null,
  detail text,
  checked_at timestamptz not null
);

do $$
declare application text := current_database() || '_app';
begin
  execute format('revoke update, delete on transfers, entries, journals from %I', application);
  execute format('revoke delete on accounts from %I', application);
end $$;
