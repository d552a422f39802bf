-- Up to which event payments were held against the ledger, and the kind of item for what differs. One row in a new table; the
-- constraint is checked against a small table.
create table held_against_ledger (
  one boolean primary key default true,
  position bigint not null default 0,
  constraint held_against_ledger_one_row check (one)
);
insert into held_against_ledger default values;
alter table reconciliation_items
  drop constraint reconciliation_items_kind,
  add constraint reconciliation_items_kind check (kind in
    ('LATE_SETTLEMENT', 'OTHER_AMOUNT', 'LATE_FAILURE', 'CHARGEBACK', 'RETURN_REFUSED', 'TRANSFERS_DIFFER'));
