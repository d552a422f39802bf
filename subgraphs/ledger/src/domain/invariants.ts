/** What must hold in the books at any moment, once: tests, the reconciler and the API all ask these. */
export interface BookInvariant {
  readonly name: string
  readonly description: string
}

export interface SqlInvariant extends BookInvariant {
  /**
   * One row: `rows` checked, `breaches` found, of the first of them a `detail` of ids and numbers, and, where they can be
   * named, the `accounts` or the `transfers` that are wrong, up to a thousand.
   */
  readonly sql: string
}

/** Checked by the same code as an export (`verify-export.ts`), over the books themselves. */
export const BLOCKS_VERIFY: BookInvariant = {
  name: 'blocks_verify',
  description:
    'Every transfer is sealed or waits for its block; every block holds its transfers as they stand, follows from the one before, and is signed.',
}

export const SQL_INVARIANTS: readonly SqlInvariant[] = [
  {
    name: 'entries_sum_to_zero',
    description: 'In each currency, the credits of all entries equal their debits.',
    sql: `select coalesce(sum(n), 0)::bigint as rows, count(*) filter (where total <> 0) as breaches,
                 min(currency || ' is off by ' || total) filter (where total <> 0) as detail
          from (select a.currency, count(*) as n, sum(case e.direction when 'CREDIT' then e.amount_minor else -e.amount_minor end) as total
                from entries e join accounts a on a.id = e.account_id group by a.currency) as sums`,
  },
  {
    name: 'balance_is_sum_of_entries',
    description: 'The posted balance of every account is the sum of its entries.',
    sql: `select count(*) as rows, count(*) filter (where a.posted_minor <> coalesce(s.total, 0)) as breaches,
                 min('account ' || a.id) filter (where a.posted_minor <> coalesce(s.total, 0)) as detail,
                 (array_agg(a.id) filter (where a.posted_minor <> coalesce(s.total, 0)))[:1000] as accounts
          from accounts a
          left join (select account_id, sum(case direction when 'CREDIT' then amount_minor else -amount_minor end) as total
                     from entries group by account_id) s on s.account_id = a.id`,
  },
  {
    name: 'running_balances_chain',
    description:
      'Entries of an account are numbered without a gap, in the order of their time, and each balance follows from the one before.',
    sql: `select count(*) as rows, count(*) filter (where broken) as breaches,
                 min('account ' || account_id || ' entry ' || number) filter (where broken) as detail,
                 (array_agg(distinct account_id) filter (where broken))[:1000] as accounts
          from (select account_id, number,
                       number <> lag(number, 1, 0) over w + 1
                       or at < lag(at, 1, at) over w
                       or balance_after_minor <> lag(balance_after_minor, 1, 0) over w
                          + case direction when 'CREDIT' then amount_minor else -amount_minor end as broken
                from entries window w as (partition by account_id order by number)) as chained`,
  },
  {
    name: 'held_equals_pending_debits',
    description: 'What an account holds back, or expects, is the sum of its pending transfers.',
    sql: `with pending as (
            select h.* from transfers h
            where h.action = 'HOLD' and not exists (select 1 from transfers r where r.resolves = h.id)
          ), sums as (
            select account_id, sum(held) as held, sum(incoming) as incoming
            from (select debit_account_id as account_id, amount_minor as held, 0 as incoming from pending
                  union all select credit_account_id, 0, amount_minor from pending) as sides
            group by account_id
          )
          select count(*) as rows, count(*) filter (where wrong) as breaches, min('account ' || id) filter (where wrong) as detail,
                 (array_agg(id) filter (where wrong))[:1000] as accounts
          from (select a.id, a.held_minor <> coalesce(s.held, 0) or a.incoming_minor <> coalesce(s.incoming, 0) as wrong
                from accounts a left join sums s on s.account_id = a.id) as compared`,
  },
  {
    name: 'available_above_floor',
    description: 'No account with a floor has less available than it.',
    sql: `select count(*) as rows, count(*) filter (where posted_minor - held_minor < floor_minor) as breaches,
                 min('account ' || id) filter (where posted_minor - held_minor < floor_minor) as detail,
                 (array_agg(id) filter (where posted_minor - held_minor < floor_minor))[:1000] as accounts
          from accounts where floor_minor is not null`,
  },
  {
    name: 'entries_match_transfers',
    description:
      'Every posting transfer has exactly its two entries, on accounts of its currency, and no other entry exists.',
    sql: `select count(*) as rows, count(*) filter (where not matches) as breaches,
                 min('transfer ' || id) filter (where not matches) as detail,
                 (array_agg(id) filter (where not matches))[:1000] as transfers
          from (
            select coalesce(t.id, e.transfer_id) as id,
                   coalesce(t.action in ('POST', 'CAPTURE') and count(e.*) = 2
                     and bool_and(e.amount_minor = t.amount_minor and a.currency = t.currency
                       and e.account_id = case e.direction when 'DEBIT' then t.debit_account_id else t.credit_account_id end), false)
                   or (t.id is not null and t.action in ('HOLD', 'VOID', 'EXPIRE') and count(e.*) = 0) as matches
            from transfers t
            full join entries e on e.transfer_id = t.id
            left join accounts a on a.id = e.account_id
            group by t.id, e.transfer_id, t.action
          ) as paired`,
  },
  {
    name: 'every_version_has_its_event',
    description:
      'The events of an account that wait for delivery tell of each version up to its present one: no change went untold.',
    sql: `select count(*) as rows, count(*) filter (where untold) as breaches, min('account ' || id) filter (where untold) as detail,
                 (array_agg(id) filter (where untold))[:1000] as accounts
          from (
            select a.id, max(e.version) is distinct from a.version or count(*) <> max(e.version) - min(e.version) + 1 as untold
            from (select key, type, (data ->> 'version')::bigint as version from event_queue
                  union all select key, type, (data ->> 'version')::bigint from parked_events) e
            join accounts a on a.id = e.key::uuid
            where e.type in ('ledger.entry', 'ledger.account')
            group by a.id, a.version
          ) as told`,
  },
]

/** All of them, in the order in which they are shown. */
export const BOOK_INVARIANTS: readonly BookInvariant[] = [...SQL_INVARIANTS, BLOCKS_VERIFY]
