-- One key per subject, wrapped by the master key, in a database of its own whose backups age out: to erase a person is
-- to delete his row here. New table only.
create table subject_keys (
  subject uuid primary key,
  wrapped_key bytea not null, -- AES-256-GCM under the master key, the subject in the additional data
  master_key_id text not null,
  created_at timestamptz not null default now()
);
