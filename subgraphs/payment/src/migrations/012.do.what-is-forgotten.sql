-- Quotes that nobody used and deliveries that have ended are forgotten after a time, and a customer has only so many quotes
-- open. Builds indexes: writes to the two tables wait while they are built.
create index payment_quotes_unused on payment_quotes (expires_at) where payment_id is null;
create index payment_quotes_open on payment_quotes (owner, expires_at) where payment_id is null;
create index webhook_deliveries_ended on webhook_deliveries (occurred_at) where status <> 'PENDING';
