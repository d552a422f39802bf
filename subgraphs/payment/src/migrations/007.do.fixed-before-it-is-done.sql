-- What a step depends on is fixed before the step is done, so that whoever repeats it comes to the same. Adds nullable
-- columns: a short lock on payments, no rewrite. Builds an index over the few rows that are with a provider and due.
alter table payments
  add column fee_bps integer, -- the fee of its corridor when it was taken in; null where the fee itself is known
  add column intent_at timestamptz, -- when the intent was recorded: a locked rate is judged by it
  add column provider_asked_at timestamptz, -- committed before the provider is first called: from then on it may pay
  add column provider_reference text, -- what the provider calls the payment by
  add constraint payments_fee_bps check (fee_bps between 0 and 10000) not valid;
create index payments_with_provider on payments (due_at) where due_at is not null and status = 'AUTHORIZED';

-- What is given back of a payment never exceeds what arrived. A provider's return counts although its refund failed: its
-- money lies in suspense. Whoever writes a refund holds its payment locked.
create function check_refunded_sum() returns trigger language plpgsql as $$
begin
  if new.amount_minor + (
    select coalesce(sum(amount_minor), 0) from refunds
    where payment_id = new.payment_id and (status <> 'FAILED' or source = 'PROVIDER')
  ) > (select credit_minor from payments where id = new.payment_id) then
    raise exception 'refunds exceed what arrived of %', new.payment_id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger refunds_sum before insert on refunds for each row execute function check_refunded_sum();
