-- A mail that was given up is kept for a while: an operator sees it, and can have it sent again. Columns without a default: a
-- short lock. What is given up is due at 'infinity', so that the previous release does not try it again; the index is new, on
-- the few rows that there are.
alter table postponed_mails add column given_up_at timestamptz, add column reason text;
create index postponed_mails_given_up on postponed_mails (given_up_at) where given_up_at is not null;
