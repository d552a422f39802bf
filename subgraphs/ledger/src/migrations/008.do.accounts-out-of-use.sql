-- The accounts that are frozen or closed, for whoever follows their status. New index on few rows.
create index accounts_out_of_use on accounts (id) where status <> 'OPEN' and owner is not null;
