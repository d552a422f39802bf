-- Payments and their history. New tables only; takes no lock on a table that is in use.
create table payments (
  id uuid primary key, -- derived from its caller's idempotency key, so that every step elsewhere can be repeated
  number bigint generated always as identity, -- the order in which a wallet's payments are processed
  kind text not null,
  status text not null,
  version bigint not null default 1, -- rises with every change of the status; events carry it
  payer uuid not null, -- who asked for it; for a deposit also the payee
  payee uuid,
  from_wallet_id uuid,
  to_wallet_id uuid,
  leased_wallet_id uuid not null, -- the source, or the target of a deposit
  from_currency text not null,
  to_currency text not null,
  asked_debit_minor bigint, -- what was asked for, before the fee: one of the two, both with a quote
  asked_credit_minor bigint,
  fx_quote_id uuid,
  quote_id uuid,
  principal_minor bigint, -- what is debited without the fee; null until priced, as are the next four
  credit_minor bigint,
  fee_minor bigint,
  reference_usd_minor bigint,
  reference_mid numeric,
  decided boolean not null default false, -- the rules keep a decision under the payment's id
  reference text, -- free text of the payer's: in no log, trace or event
  provider text,
  provider_started_at timestamptz,
  provider_outcome text,
  next_action_url text,
  transfer_ids uuid[] not null default '{}',
  payee_transfer_ids uuid[] not null default '{}',
  failure_code text,
  failure_message text,
  attempts integer not null default 0,
  due_at timestamptz, -- when the processor has something to do for it; null when nothing is
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint payments_kind check (kind in ('TRANSFER', 'DEPOSIT', 'WITHDRAWAL', 'PAYOUT')),
  constraint payments_amounts check (asked_debit_minor > 0 or asked_credit_minor > 0),
  constraint payments_fee check (fee_minor >= 0),
  constraint payments_outcome check (provider_outcome in ('SETTLED', 'FAILED')),
  constraint payments_wallets_distinct check (from_wallet_id <> to_wallet_id)
);
create index payments_due on payments (leased_wallet_id, number) where due_at is not null;
create index payments_payer on payments (payer, number desc);
create index payments_payee on payments (payee, number desc);

-- The only changes of state there are; the code's own table is held equal to this one by a test.
create table payment_transitions (
  from_status text not null,
  to_status text not null,
  constraint payment_transitions_pk primary key (from_status, to_status)
);
insert into payment_transitions (from_status, to_status) values
  ('SCHEDULED', 'PENDING'), ('SCHEDULED', 'CANCELLED'),
  ('PENDING', 'COMPLETED'), ('PENDING', 'AUTHORIZED'), ('PENDING', 'IN_REVIEW'), ('PENDING', 'DECLINED'),
  ('PENDING', 'FAILED'), ('PENDING', 'CANCELLED'),
  ('IN_REVIEW', 'COMPLETED'), ('IN_REVIEW', 'AUTHORIZED'), ('IN_REVIEW', 'DECLINED'), ('IN_REVIEW', 'CANCELLED'),
  ('IN_REVIEW', 'FAILED'),
  ('AUTHORIZED', 'COMPLETED'), ('AUTHORIZED', 'FAILED'),
  ('COMPLETED', 'PARTIALLY_REFUNDED'), ('COMPLETED', 'REFUNDED'),
  ('PARTIALLY_REFUNDED', 'PARTIALLY_REFUNDED'), ('PARTIALLY_REFUNDED', 'REFUNDED');

create function check_payment_transition() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.status not in ('PENDING', 'SCHEDULED') then
      raise exception 'a payment begins PENDING or SCHEDULED, not %', new.status using errcode = 'check_violation';
    end if;
  elsif new.version <> old.version and not exists (
    select 1 from payment_transitions where from_status = old.status and to_status = new.status
  ) or new.version = old.version and new.status <> old.status then
    raise exception 'a payment does not go from % to %', old.status, new.status using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger payments_transition before insert or update on payments
  for each row execute function check_payment_transition();

-- Changes that have no position yet, written in the transaction of the change.
create table payment_event_queue (
  sequence bigint generated always as identity primary key,
  payment_id uuid not null,
  version bigint not null,
  status text not null,
  payer uuid not null,
  payee uuid,
  note text,
  at timestamptz not null
);

-- The history, positioned after commit by one writer: whoever reads "position > last" misses nothing.
create table payment_events (
  position bigint primary key,
  payment_id uuid not null references payments (id),
  version bigint not null,
  status text not null,
  payer uuid not null,
  payee uuid,
  note text,
  at timestamptz not null,
  constraint payment_events_version unique (payment_id, version)
);
create index payment_events_payer on payment_events (payer, position);
create index payment_events_payee on payment_events (payee, position);

-- One holder at a time for a wallet's payments; the fence rises with each new holder.
create table wallet_leases (
  wallet_id uuid primary key,
  holder uuid not null,
  fence bigint not null,
  expires_at timestamptz not null
);

-- What preparePayment showed; confirming it does exactly that, once.
create table payment_quotes (
  id uuid primary key,
  owner uuid not null,
  from_wallet_id uuid not null,
  to_wallet_id uuid not null,
  payee uuid not null,
  from_currency text not null,
  to_currency text not null,
  principal_minor bigint not null,
  credit_minor bigint not null,
  fee_minor bigint not null,
  fx_quote_id uuid,
  reference text,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  payment_id uuid -- the payment that used it
);

-- Callbacks that were taken, by the provider's own id of the event.
create table provider_callbacks (
  provider text not null,
  event_id text not null,
  payment_id uuid not null,
  outcome text not null,
  received_at timestamptz not null,
  constraint provider_callbacks_pk primary key (provider, event_id)
);
