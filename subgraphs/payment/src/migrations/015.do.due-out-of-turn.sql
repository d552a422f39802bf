-- What a clock that was ahead has put off is looked for every ten seconds: beside what waits for an instant of its own, of which
-- there may be millions. Builds an index: writes wait while it is built, which is short, since only rows that still have
-- something due are in it.
create index payments_due_but_scheduled on payments (due_at) where due_at is not null and status <> 'SCHEDULED';
