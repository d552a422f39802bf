import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import pg from 'pg'

/** A value that was put in, as it could be found again. */
export const formsOf = (canary: string): readonly string[] => [
  canary.toLowerCase(),
  Buffer.from(canary).toString('hex'),
  Buffer.from(canary).toString('base64').replace(/=+$/, '').toLowerCase(),
]

/** Which of the canaries a text holds, in any case of letters, as hex or in base64. */
export function canariesIn(text: string, canaries: readonly string[]): string[] {
  const small = text.toLowerCase()
  return canaries.filter((canary) => formsOf(canary).some((form) => small.includes(form)))
}

const PIECE_BYTES = 8 * 1024 * 1024
const OVERLAP_BYTES = 1_024

/** Every file below a folder that holds one, as "file: canary"; `without` are folders of the root that are left out. */
export function canariesInFiles(root: string, canaries: readonly string[], without: readonly string[]): string[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => !without.some((folder) => name === folder || name.startsWith(`${folder}/`)))
    .map((name) => join(root, name))
    .filter((path) => statSync(path).isFile())
  return files.flatMap((path) => {
    const found = new Set(piecesOf(readFileSync(path)).flatMap((piece) => canariesIn(piece, canaries)))
    return [...found].map((canary) => `${relative(root, path)}: ${canary}`)
  })
}

/** Overlapping, so that nothing is cut in two; bytes are read as letters one to one. */
function piecesOf(content: Buffer): string[] {
  const pieces: string[] = []
  for (let from = 0; from < content.length; from += PIECE_BYTES) {
    pieces.push(content.subarray(from, from + PIECE_BYTES + OVERLAP_BYTES).toString('latin1'))
  }
  return pieces
}

/** Every column of every table of a database that holds one, as "table.column: canary". */
export async function canariesInDatabase(url: string, canaries: readonly string[]): Promise<string[]> {
  return await withClient(url, async (client) => {
    const { rows: columns } = await client.query<{ table: string; column: string }>(
      `select c.table_name as table, c.column_name as column from information_schema.columns c
       join information_schema.tables t using (table_schema, table_name)
       where table_schema = 'public' and t.table_type = 'BASE TABLE' order by 1, c.ordinal_position`,
    )
    const found: string[] = []
    for (const { table, column } of columns) {
      // A bytea's text is its hex.
      const { rows } = await client.query<{ text: string }>(
        `select lower(${client.escapeIdentifier(column)}::text) as text from ${client.escapeIdentifier(table)}
         where lower(${client.escapeIdentifier(column)}::text) like any ($1)`,
        [canaries.flatMap(formsOf).map((form) => `%${form.replace(/[%_\\]/g, '\\$&')}%`)],
      )
      const held = new Set(rows.flatMap(({ text }) => canariesIn(text, canaries)))
      found.push(...[...held].map((canary) => `${table}.${column}: ${canary}`))
    }
    return found
  })
}

/** Keeps every event that is enqueued from now on, beside the queue that the relay empties. */
export async function keepEvents(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query(`select to_regclass('event_queue') as queue`)
    if (rows[0]?.queue === null) return
    await client.query(`
      create table kept_events as select * from event_queue;
      create function keep_event() returns trigger language plpgsql security definer as $$
      begin insert into kept_events select new.*; return new; end $$;
      create trigger keep_events after insert on event_queue for each row execute function keep_event();`)
  })
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
