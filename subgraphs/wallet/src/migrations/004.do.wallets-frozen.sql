-- Whoever holds wallets against the ledger looks at those that are frozen alone: one that is closed stays so. Replaces an index
-- on few rows; writers of wallets wait while it is built.
drop index wallets_out_of_use;
create index wallets_frozen on wallets (id) where status = 'FROZEN';
