-- Decisions of quotes are purged by their age. The index holds them alone: those of payments cost nothing more. Decisions can be
-- read but not written while it is made, for as long as the table takes to be read once.
create index decisions_prepared on decisions (decided_at) where prepared;
