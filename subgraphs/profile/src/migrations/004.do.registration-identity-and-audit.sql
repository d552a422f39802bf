-- Registration, what Identity Server has not been told yet, checks of identity, screening of names, erasure, and the audit
-- log. The changes of `profiles` and `beneficiaries` lock both for a moment: columns without a default, and constraints
-- over what few rows there are.
alter table profiles
  alter column username_ct drop not null,
  alter column username_index drop not null,
  add column erased_at timestamptz,
  add column screening_match boolean,
  add column screening_score integer, -- 0 to 100, of the customer's own name
  add column screening_list_version bigint,
  add constraint profiles_erased_is_empty check (
    (erased_at is null) = (username_ct is not null)
    and (erased_at is null or coalesce(username_index, email_ct, email_index, given_name_ct, family_name_ct, phone_ct,
      phone_index, address_ct, kyc_note_ct) is null)
  );
create index profiles_kyc_status on profiles (kyc_status, id);
create index profiles_screened on profiles (coalesce(screening_list_version, -1), id) where erased_at is null;

alter table beneficiaries
  alter column name_ct drop not null, -- null once its owner is erased
  drop constraint beneficiaries_bank,
  add column screening_match boolean,
  add column screening_score integer,
  add column screening_list_version bigint,
  add constraint beneficiaries_bank check (
    case when name_ct is null then account_number_ct is null and bank_name_ct is null
    else (delivery = 'BANK') = (account_number_ct is not null) and (delivery = 'BANK') = (bank_name_ct is not null) end
  );
create index beneficiaries_screened on beneficiaries (coalesce(screening_list_version, -1), id) where removed_at is null;

-- What Identity Server has not been told yet, one row per profile at most: that its state has changed, or that it is
-- erased. The row holds no data: whoever delivers it reads the profile as it is then.
create table identity_sync (
  profile_id uuid primary key references profiles (id),
  kind text not null,
  version bigint not null, -- the profile's; a delivery of an older one does not clear the row
  attempts integer not null default 0,
  next_attempt_at timestamptz not null, -- also the end of a delivery's claim
  constraint identity_sync_kind check (kind in ('PUSH', 'REMOVE'))
);
create index identity_sync_due on identity_sync (next_attempt_at);

-- Registrations whose answer Identity Server did not give in time: whoever registered was told that it failed, so a user
-- that was made after all is removed.
create table withdrawn_registrations (
  external_id uuid primary key,
  withdrawn_at timestamptz not null,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null
);
create index withdrawn_registrations_due on withdrawn_registrations (next_attempt_at);

-- How far the changes of users in Identity Server have been followed.
create table identity_cursors (
  source text primary key,
  position text not null
);

-- The code that is out for an e-mail address. The code itself is not here: it follows from the id under the subject's key.
create table email_verifications (
  profile_id uuid primary key references profiles (id),
  id uuid not null unique,
  requested_at timestamptz not null,
  expires_at timestamptz not null,
  failed_attempts integer not null default 0
);

create table kyc_checks (
  id uuid primary key,
  profile_id uuid not null references profiles (id),
  provider text not null,
  level text not null,
  state text not null default 'OPEN',
  reference text, -- the provider's own id; null until it has answered
  redirect_url_ct bytea,
  created_at timestamptz not null,
  finished_at timestamptz,
  constraint kyc_checks_level check (level in ('BASIC', 'ENHANCED')),
  constraint kyc_checks_state check (state in ('OPEN', 'CLEAR', 'REJECTED', 'ATTENTION', 'CLOSED')),
  constraint kyc_checks_finished check ((state = 'OPEN') = (finished_at is null))
);
create unique index kyc_checks_open on kyc_checks (profile_id) where state = 'OPEN';
create unique index kyc_checks_reference on kyc_checks (provider, reference);

-- Callbacks whose effect is committed: a repeated one changes nothing.
create table provider_callbacks (
  provider text not null,
  event_id text not null,
  received_at timestamptz not null,
  constraint provider_callbacks_pk primary key (provider, event_id)
);

-- Names that customers and beneficiaries are screened against: public lists, no customers.
create table name_lists (
  name text primary key,
  version bigint not null unique, -- one count over all lists
  entries integer not null,
  imported_at timestamptz not null
);
create table name_list_entries (
  list text not null references name_lists (name),
  name text not null
);
create index name_list_entries_list on name_list_entries (list);

-- In production one proposes an erasure and another does it.
create table erasure_proposals (
  profile_id uuid primary key references profiles (id),
  proposed_by uuid not null,
  proposed_at timestamptz not null
);

-- Who read or changed what of whom: ids, names of actions and fields, never a value. Append-only, for the owner too.
create table audit_log (
  id bigint generated always as identity primary key,
  actor text not null, -- a user's id, or the name of a service or provider
  subject uuid not null,
  action text not null,
  fields text[] not null,
  at timestamptz not null
);
create index audit_log_subject on audit_log (subject, id desc);
create index audit_log_actor on audit_log (actor, id desc);
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger audit_log_append_only before update or delete on audit_log for each row execute function refuse_change();
create trigger audit_log_no_truncate before truncate on audit_log for each statement execute function refuse_change();

do $$
declare application text := current_database() || '_app';
begin
  execute format('revoke update, delete, truncate on audit_log from %I', application);
  execute format('revoke delete on profiles, beneficiaries from %I', application);
end $$;
