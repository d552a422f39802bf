-- The accounts that are frozen, looked at each round, apart from those that are closed, which are ever more. New index on few
-- rows; writers of accounts wait while it is built.
create index accounts_frozen on accounts (id) where status = 'FROZEN' and owner is not null;
