-- What a posting pays for, and holds that expire. Takes access exclusive locks on event_queue (rewritten: it holds what is
-- not delivered yet, which is little), and for a moment on entries and transfers.

-- Nobody asks for entries by transfer: both sides of a transfer name their accounts. It cost two insertions a transfer.
drop index entries_transfer;

-- The queue is written, read once and emptied: nothing looks into the JSON, so that its binary form is work for nothing.
alter table event_queue alter column data type json;

-- Pending transfers that expire, so that nobody has to look through those that were resolved long ago. Written with the
-- hold, removed with its resolution.
create table expiring_holds (
  transfer_id uuid primary key,
  journal_id uuid not null,
  expires_at timestamptz not null
);
create index expiring_holds_due on expiring_holds (expires_at);
insert into expiring_holds (transfer_id, journal_id, expires_at)
select h.id, h.journal_id, h.expires_at from transfers h
where h.expires_at is not null and not exists (select 1 from transfers r where r.resolves = h.id);
drop index transfers_expiring;

-- When an account last had an entry. The books' time never runs backwards on an account, whatever the clocks of servers
-- do: entries are in order of number and of time alike, and so the balance at an instant is well defined.
alter table accounts add column last_entry_at timestamptz not null default 'epoch';
update accounts a set last_entry_at = e.at from (select account_id, max(at) as at from entries group by account_id) e
where e.account_id = a.id;

-- The number of an account's newest entry up to an instant, 0 if there is none: a binary search, since numbers have no gap
-- and times are in their order. An index on time would cost every posting two insertions.
create function entry_number_at(account uuid, instant timestamptz) returns bigint language sql stable as $$
  with recursive search (low, high) as (
    select 0::bigint, entry_count from accounts where id = account
    union all
    select case when e.at <= instant then middle else low end, case when e.at <= instant then high else middle - 1 end
    from search
    cross join lateral (select (low + high + 1) / 2 as middle) as m
    join entries e on e.account_id = account and e.number = middle
    where low < high
  )
  select low from search where low = high
$$;
