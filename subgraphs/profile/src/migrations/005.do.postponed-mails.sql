-- Mails that a recipient's server has put off, to be tried again by the worker `mailer`. A new table: nobody waits.
create table postponed_mails (
  event_id uuid not null,
  kind text not null, -- with the event's id, the id of the mail
  key text not null,
  data jsonb not null, -- the event's: ids alone, no address and no name
  first_refused_at timestamptz not null default now(),
  attempts integer not null default 1,
  due_at timestamptz not null, -- also the end of an attempt's claim
  constraint postponed_mails_pk primary key (event_id, kind),
  constraint postponed_mails_attempts_positive check (attempts > 0)
);
create index postponed_mails_due on postponed_mails (due_at);
