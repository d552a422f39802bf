-- The life cycle of rule sets, the lists that rules ask, what shadows decided, and who changed what. The columns have
-- constant defaults and rewrite no table; rule_sets is locked for an instant, decisions while its index is exchanged.

alter table rule_sets
  add column examples jsonb not null default '[]', -- [{input, outcome}], run before the version was saved
  add column shadow boolean not null default false,
  add column proposed_by text,
  add constraint rule_sets_active_is_no_shadow check (not shadow or status <> 'ACTIVE'),
  add constraint rule_sets_proposal_is_open check (proposed_by is null or status <> 'ACTIVE');
create unique index rule_sets_one_shadow on rule_sets (name) where shadow;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'restrict_violation';
end $$;

-- A decision is explained by the versions that it names: what a version says never changes.
create trigger rule_sets_content_stays before update on rule_sets for each row
  when ((old.name, old.version, old.model, old.examples, old.created_at, old.created_by)
        is distinct from (new.name, new.version, new.model, new.examples, new.created_at, new.created_by))
  execute function refuse_change();
create trigger rule_sets_never_removed before delete on rule_sets for each row execute function refuse_change();

-- Who did what to which version of a rule set or of a list.
create table rule_changes (
  id bigint generated always as identity primary key,
  subject text not null, -- 'rule-set' or 'list'
  name text not null,
  version integer not null,
  action text not null,
  actor text not null,
  at timestamptz not null,
  constraint rule_changes_subject check (subject in ('rule-set', 'list')),
  constraint rule_changes_action
    check (action in ('SAVED', 'PROPOSED', 'ACTIVATED', 'RETIRED', 'SHADOWED', 'UNSHADOWED', 'IMPORTED'))
);
create index rule_changes_of on rule_changes (name, version);
create trigger rule_changes_append_only before update or delete on rule_changes for each row execute function refuse_change();
create trigger rule_changes_no_truncate before truncate on rule_changes for each statement execute function refuse_change();

-- A row per version of a list; the newest is the one in force. Its values are kept with it.
create table risk_lists (
  name text not null,
  version integer not null,
  kind text not null,
  entries text[] not null,
  imported_at timestamptz not null,
  imported_by text not null,
  constraint risk_lists_pk primary key (name, version),
  constraint risk_lists_name check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  constraint risk_lists_kind check (kind in ('COUNTRIES', 'ACCOUNTS', 'NAMES'))
);
create trigger risk_lists_append_only before update or delete on risk_lists for each row execute function refuse_change();

-- What a shadow would have decided in the active version's place. A version that failed has a failure and no outcome.
create table shadow_decisions (
  decision_id uuid not null,
  rule_set_name text not null,
  rule_set_version integer not null,
  outcome text,
  risk_score smallint,
  reasons jsonb,
  failure text,
  constraint shadow_decisions_pk primary key (rule_set_name, rule_set_version, decision_id),
  constraint shadow_decisions_outcome check (outcome in ('APPROVE', 'REVIEW', 'DECLINE')),
  constraint shadow_decisions_failed check ((outcome is null) = (failure is not null))
);

-- Decisions are read by id, and by time for a backtest; nobody reads them by customer. A block range index costs an insert nothing.
drop index decisions_customer;
create index decisions_decided_at on decisions using brin (decided_at);
