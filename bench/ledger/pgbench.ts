import { execFileSync, spawnSync } from 'node:child_process'
import { withDatabase } from '@corridor/platform'
import pg from 'pg'
import { between, drive, SECONDS } from './load.ts'

export interface Pgbench {
  /** TPC-B-like transactions per second, by 8 clients, for `SECONDS`. */
  perSecond(): number | Promise<number>
  close(): Promise<void>
}

const SCALE = 10
export const CLIENTS = 8

/** PostgreSQL's own benchmark in a database of its own, or, where it is not installed, its five statements through `pg`. */
export async function preparePgbench(adminUrl: string): Promise<Pgbench> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  await client.query('create database pgbench')
  await client.end()
  const url = new URL(withDatabase(adminUrl, 'pgbench'))
  if (spawnSync('pgbench', ['--version']).status !== 0) return statementsOfPgbench(url.toString())
  const run = (...options: readonly string[]): string =>
    execFileSync(
      'pgbench',
      ['-h', url.hostname, '-p', url.port, '-U', url.username, ...options, url.pathname.slice(1)],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, PGPASSWORD: url.password },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
  run('-i', '-q', '-s', String(SCALE))
  return {
    perSecond() {
      const said = run('-c', String(CLIENTS), '-j', '2', '-M', 'prepared', '-T', String(SECONDS))
      const tps = /tps = ([\d.]+) \(without/.exec(said)?.[1]
      if (!tps) throw new Error(`pgbench said:\n${said}`)
      return Number(tps)
    },
    close: async () => undefined,
  }
}

/** Tables and statements as in the documentation of pgbench, "TPC-B (sort of)". */
async function statementsOfPgbench(connectionString: string): Promise<Pgbench> {
  const pool = new pg.Pool({ connectionString, max: CLIENTS })
  await pool.query(`
    create table pgbench_branches (bid int primary key, bbalance int, filler char(88)) with (fillfactor = 100);
    create table pgbench_tellers (tid int primary key, bid int, tbalance int, filler char(84)) with (fillfactor = 100);
    create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84)) with (fillfactor = 100);
    create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
    insert into pgbench_branches select n, 0, '' from generate_series(1, ${SCALE}) n;
    insert into pgbench_tellers select n, (n - 1) / 10 + 1, 0, '' from generate_series(1, ${SCALE * 10}) n;
    insert into pgbench_accounts select n, (n - 1) / 100000 + 1, 0, '' from generate_series(1, ${SCALE * 100_000}) n`)
  await pool.query('vacuum analyze')
  const run = (client: pg.PoolClient, name: string, text: string, values: readonly number[]) =>
    client.query({ name, text, values: [...values] })
  const transaction = async (): Promise<number> => {
    const client = await pool.connect()
    const [aid, bid, tid] = [1 + between(SCALE * 100_000), 1 + between(SCALE), 1 + between(SCALE * 10)]
    const delta = between(10_001) - 5_000
    await client.query('begin')
    await run(client, 'a', 'update pgbench_accounts set abalance = abalance + $1 where aid = $2', [delta, aid])
    await run(client, 'b', 'select abalance from pgbench_accounts where aid = $1', [aid])
    await run(client, 'c', 'update pgbench_tellers set tbalance = tbalance + $1 where tid = $2', [delta, tid])
    await run(client, 'd', 'update pgbench_branches set bbalance = bbalance + $1 where bid = $2', [delta, bid])
    await run(client, 'e', 'insert into pgbench_history values ($1, $2, $3, $4, now())', [tid, bid, aid, delta])
    await client.query('commit')
    client.release()
    return 1
  }
  return { perSecond: async () => (await drive(CLIENTS, transaction)).perSecond, close: () => pool.end() }
}
