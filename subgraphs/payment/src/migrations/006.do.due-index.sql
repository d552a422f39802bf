-- What is due is found by its time, however much else waits for later. Builds an index: writes wait while it is built, which
-- is short, since only rows that still have something due are in it.
create index payments_due_at on payments (due_at) where due_at is not null;
