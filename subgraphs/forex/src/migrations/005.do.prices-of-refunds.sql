-- Prices that refunds are held against: nobody locked them, and nothing is committed by them. A column with a default.
alter table fx_quotes add column is_refund boolean not null default false;
