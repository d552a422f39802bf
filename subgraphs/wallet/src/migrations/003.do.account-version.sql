-- Which decision of the ledger a wallet follows. A column with a default and an index on few rows: nothing is rewritten.
alter table wallets add column account_version bigint not null default 0; -- of the account when it had this status
create index wallets_out_of_use on wallets (id) where status <> 'ACTIVE';
