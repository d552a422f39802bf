#!/usr/bin/env bash
# Makes the four databases of the products from their own scripts, once: a database that has tables is left alone.
# /dbscripts/am and /dbscripts/is are the scripts out of the two images.
set -euo pipefail

: "${PGHOST:?}" "${PGUSER:?}" "${PGPASSWORD:?}" "${WSO2_DB_USERNAME:?}" "${WSO2_DB_PASSWORD:?}"
export PGPASSWORD

psql -v ON_ERROR_STOP=1 -d postgres -v role="$WSO2_DB_USERNAME" -v password="$WSO2_DB_PASSWORD" <<'SQL'
select format('create role %I login password %L', :'role', :'password')
where not exists (select from pg_roles where rolname = :'role') \gexec
SQL

create() {
  local name=$1
  shift
  psql -v ON_ERROR_STOP=1 -d postgres -v name="$name" -v role="$WSO2_DB_USERNAME" <<'SQL'
select format('create database %I owner %I', :'name', :'role')
where not exists (select from pg_database where datname = :'name') \gexec
SQL
  local tables
  tables=$(psql -At -d "$name" -c "select count(*) from pg_tables where schemaname = 'public'")
  if [[ $tables -gt 0 ]]; then
    echo "$name: has its tables"
    return
  fi
  # In one transaction: a run that is cut short leaves an empty database, and the next begins again.
  local files=()
  for script in "$@"; do files+=(-f "$script"); done
  PGPASSWORD=$WSO2_DB_PASSWORD psql -q -v ON_ERROR_STOP=1 --single-transaction -U "$WSO2_DB_USERNAME" -d "$name" "${files[@]}"
  echo "$name: made"
}

create shared_db /dbscripts/am/postgresql.sql
create apim_db /dbscripts/am/apimgt/postgresql.sql
create is_shared_db /dbscripts/is/postgresql.sql
create identity_db /dbscripts/is/identity/postgresql.sql /dbscripts/is/consent/postgresql.sql
