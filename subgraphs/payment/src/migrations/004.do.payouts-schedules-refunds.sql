-- Payments to beneficiaries, payments that fall due later, refunds, and what providers said that no payment expects.
-- New tables, nullable columns and columns with a constant default: short locks on payments and payment_quotes, no rewrite.
alter table payments
  add column beneficiary_id uuid,
  add column destination_country text, -- of a beneficiary: the rules judge by it
  add column scheduled_for timestamptz, -- it is PENDING from then on
  add constraint payments_payout check (kind <> 'PAYOUT' or (beneficiary_id is not null and provider is not null)) not valid,
  add constraint payments_scheduled check (status <> 'SCHEDULED' or scheduled_for is not null) not valid;

alter table payment_quotes
  add column kind text not null default 'TRANSFER',
  add column beneficiary_id uuid,
  add column destination_country text,
  add column provider text,
  alter column to_wallet_id drop not null, -- a payout has none
  alter column payee drop not null,
  add constraint payment_quotes_target check ((kind = 'TRANSFER') = (to_wallet_id is not null)) not valid;

-- What is given back of a payment that has arrived. In order of `number` those of one wallet are processed.
create table refunds (
  id uuid primary key, -- derived from its caller's key or from the provider's event, so that every step can be repeated
  number bigint generated always as identity,
  payment_id uuid not null references payments (id),
  source text not null, -- who asked: the payee or staff (CALLER), or the provider by a return
  requested_by uuid, -- null for a provider
  leased_wallet_id uuid not null, -- whose money moves
  amount_minor bigint not null, -- in the currency that had arrived
  returned_minor bigint, -- in the currency that had left; null until it is known
  status text not null default 'PENDING',
  reason text not null, -- free text: in no log, trace or event
  transfer_ids uuid[] not null default '{}', -- what is held for a refund through a provider
  provider_started_at timestamptz,
  provider_outcome text,
  failure_code text,
  attempts integer not null default 0,
  due_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint refunds_amount check (amount_minor > 0),
  constraint refunds_returned check (returned_minor > 0),
  constraint refunds_source check (source in ('CALLER', 'PROVIDER')),
  constraint refunds_status check (status in ('PENDING', 'COMPLETED', 'FAILED')),
  constraint refunds_completed check (status <> 'COMPLETED' or returned_minor is not null),
  constraint refunds_outcome check (provider_outcome in ('SETTLED', 'FAILED'))
);
create index refunds_payment on refunds (payment_id, number);
create index refunds_due on refunds (leased_wallet_id, number) where due_at is not null;

-- A refund that has come to its end stays as it is.
create function check_refund_transition() returns trigger language plpgsql as $$
begin
  if old.status <> 'PENDING' and new.status <> old.status then
    raise exception 'a refund does not go from % to %', old.status, new.status using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger refunds_transition before update on refunds for each row execute function check_refund_transition();

-- What a provider said that changes no payment: its money lies in suspense until somebody has found out why.
create table reconciliation_items (
  id uuid primary key, -- derived from the provider's event
  kind text not null,
  provider text not null,
  payment_id uuid not null references payments (id),
  amount_minor bigint not null,
  currency text not null,
  debit_code text, -- the posting that it makes between house accounts; null when nothing moved
  credit_code text,
  due_at timestamptz, -- until it is posted
  opened_at timestamptz not null,
  closed_at timestamptz,
  closed_by text,
  note text,
  constraint reconciliation_items_kind check (kind in
    ('LATE_SETTLEMENT', 'OTHER_AMOUNT', 'LATE_FAILURE', 'CHARGEBACK', 'RETURN_REFUSED')),
  constraint reconciliation_items_amount check (amount_minor > 0),
  constraint reconciliation_items_posting check ((debit_code is null) = (credit_code is null)),
  constraint reconciliation_items_closed check ((closed_at is null) = (closed_by is null))
);
create index reconciliation_items_open on reconciliation_items (opened_at) where closed_at is null;
create index reconciliation_items_due on reconciliation_items (due_at) where due_at is not null;
