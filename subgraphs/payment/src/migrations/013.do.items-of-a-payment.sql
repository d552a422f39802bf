-- Before a provider's answer is believed, whether it told of another amount. New index on few rows; it locks out writers of
-- items while it is built.
create index reconciliation_items_payment on reconciliation_items (payment_id);
