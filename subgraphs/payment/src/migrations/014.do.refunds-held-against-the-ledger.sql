-- Refunds are held against the ledger each by itself: one that failed tells no event of its payment. A column with a constant
-- default and an index of what is still to be looked at, at first all that have ended: writers of refunds wait while it is built.
alter table refunds add column held_against_ledger boolean not null default false;
create index refunds_to_hold_against_ledger on refunds (number) where status <> 'PENDING' and not held_against_ledger;
