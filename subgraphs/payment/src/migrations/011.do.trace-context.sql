-- In which trace a payment was asked for (W3C traceparent), so that what is done with it later, by others and elsewhere, is
-- told as part of it: the processor's work, its events' way to readers, the calls of webhooks. Columns without a default:
-- no row is written, and the locks are held for a moment. The previous release runs on beside it.
alter table payments add column traceparent text;
alter table payment_event_queue add column traceparent text;
alter table payment_events add column traceparent text;
alter table webhook_deliveries add column traceparent text;
