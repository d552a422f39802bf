-- The customer's record. Columns `*_ct` are encrypted with the subject's own key, `*_index` are blind indexes (keyed
-- hashes of the normalised value) for exact search. New table only.
create table profiles (
  id uuid primary key, -- the token's subject, Identity Server's user id
  username_ct bytea not null,
  username_index bytea not null,
  email_ct bytea,
  email_index bytea,
  given_name_ct bytea,
  family_name_ct bytea,
  phone_ct bytea,
  phone_index bytea,
  address_ct bytea,
  country text,
  email_verified boolean not null default false,
  time_zone text not null,
  locale text not null,
  kyc_status text not null default 'NOT_STARTED',
  kyc_level text,
  kyc_decided_at timestamptz,
  kyc_decided_by uuid,
  kyc_note_ct bytea,
  version bigint not null default 1, -- rises with every change; events carry it
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint profiles_kyc_status check (kyc_status in ('NOT_STARTED', 'PENDING', 'VERIFIED', 'REJECTED')),
  constraint profiles_kyc_level check (kyc_level in ('BASIC', 'ENHANCED')),
  constraint profiles_verified_has_level check (kyc_status <> 'VERIFIED' or kyc_level is not null),
  constraint profiles_country check (country ~ '^[A-Z]{2}$')
);
create index profiles_username on profiles (username_index);
create index profiles_email on profiles (email_index) where email_index is not null;
create index profiles_phone on profiles (phone_index) where phone_index is not null;
