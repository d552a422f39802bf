import pg from 'pg'

const ACCOUNTS = 100
const CONNECTIONS = 8
const TRANSFERS = 4_000

/**
 * What the same PostgreSQL does when a payment is nothing but double entry: one transaction that inserts a transfer with
 * its two entries and changes two balances, over 8 connections. Answers transfers per second.
 */
export async function bareTransfersPerSecond(adminUrl: string): Promise<number> {
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  try {
    await admin.query('create database bench_baseline')
    const url = new URL(adminUrl)
    url.pathname = '/bench_baseline'
    const pool = new pg.Pool({ connectionString: url.href, max: CONNECTIONS })
    try {
      await prepare(pool)
      const began = performance.now()
      let left = TRANSFERS
      const work = async (): Promise<void> => {
        for (; left > 0; ) {
          left -= 1
          await transfer(pool)
        }
      }
      await Promise.all(Array.from({ length: CONNECTIONS }, work))
      return TRANSFERS / ((performance.now() - began) / 1_000)
    } finally {
      await pool.end()
    }
  } finally {
    await admin.query('drop database if exists bench_baseline')
    await admin.end()
  }
}

async function prepare(pool: pg.Pool): Promise<void> {
  await pool.query('create table accounts (id int primary key, balance bigint not null)')
  await pool.query(
    'create table transfers (id bigint generated always as identity primary key, amount bigint not null)',
  )
  await pool.query(
    'create table entries (transfer_id bigint, account_id int, amount bigint, primary key (transfer_id, account_id))',
  )
  await pool.query('insert into accounts select n, 0 from generate_series(1, $1) as n', [ACCOUNTS])
}

async function transfer(pool: pg.Pool): Promise<void> {
  const one = 1 + Math.floor(Math.random() * (ACCOUNTS - 1))
  const two = one + 1 + Math.floor(Math.random() * (ACCOUNTS - one))
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query({
      name: 'balances',
      text: `update accounts a set balance = balance + c.amount from (values ($1::int, -100), ($2::int, 100)) as c (id, amount)
             where a.id = c.id`,
      values: [one, two],
    })
    await client.query({
      name: 'entries',
      text: `with t as (insert into transfers (amount) values (100) returning id)
             insert into entries select t.id, c.id, c.amount from t, (values ($1::int, -100), ($2::int, 100)) as c (id, amount)`,
      values: [one, two],
    })
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    // Two transfers over the same two accounts may wait for each other; the database ends one of them.
    if (!(error instanceof pg.DatabaseError) || error.code !== '40P01') throw error
  } finally {
    client.release()
  }
}
