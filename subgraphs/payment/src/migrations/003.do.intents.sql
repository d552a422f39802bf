-- What somebody wants of a payment that is not at rest: the first committed intent wins, and the processor carries it
-- out. Adds nullable columns: a short lock on payments, no rewrite.
alter table payments
  add column intent text,
  add column intent_by uuid, -- null for the system's own
  add column intent_note text,
  add constraint payments_intent check (intent in ('APPROVE', 'REFUSE', 'CANCEL', 'EXPIRE'));
