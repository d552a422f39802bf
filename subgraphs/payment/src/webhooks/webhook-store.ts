import type { SqlClient } from '@corridor/platform'
import type { DeliveryStatus, Webhook, WebhookDelivery } from './webhook.ts'

const WEBHOOK = 'id, owner, url, events'
const DELIVERY = `id, number, event_type as "eventType", status, attempts, last_error as "lastError",
  next_attempt_at as "nextAttemptAt"`

export async function insertWebhook(
  client: SqlClient,
  { id, owner, url, events, secret, now }: Webhook & { readonly secret: Buffer; readonly now: Date },
): Promise<void> {
  await client.query(
    'insert into webhooks (id, owner, url, events, secret_ct, created_at) values ($1, $2, $3, $4, $5, $6)',
    [id, owner, url, events, secret, now],
  )
}

/** A customer's endpoints, oldest first. */
export async function readWebhooks(client: SqlClient, owner: string): Promise<Webhook[]> {
  const { rows } = await client.query<Webhook & { id: string }>(
    `select ${WEBHOOK} from webhooks where owner = $1 and deleted_at is null order by created_at, id`,
    [owner],
  )
  return rows
}

/** One of a customer's endpoints; with those that he has removed, for what an earlier call made. */
export async function readWebhook(client: SqlClient, id: string, owner: string): Promise<Webhook | null> {
  const { rows } = await client.query<Webhook & { id: string }>(
    `select ${WEBHOOK} from webhooks where id = $1 and owner = $2`,
    [id, owner],
  )
  return rows[0] ?? null
}

/** Removes an endpoint; what was still to be told it is dead. */
export async function deleteWebhook(client: SqlClient, id: string, owner: string, now: Date): Promise<boolean> {
  const { rowCount } = await client.query(
    'update webhooks set deleted_at = $3 where id = $1 and owner = $2 and deleted_at is null',
    [id, owner, now],
  )
  if (rowCount === 0) return false
  await client.query(
    `update webhook_deliveries set status = 'DEAD', next_attempt_at = null, last_error = 'The webhook was deleted.'
     where webhook_id = $1 and status = 'PENDING'`,
    [id],
  )
  return true
}

/** An event, and the customers whose endpoints are told of it. */
export interface ToDeliver {
  readonly eventId: string
  readonly owners: readonly string[]
  readonly type: string
  readonly occurredAt: Date
  readonly data: object
  readonly traceparent: string | null
}

/**
 * A delivery for every endpoint that wants an event; each once, however often the event comes. Answers how many are new.
 */
export async function insertDeliveries(client: SqlClient, events: readonly ToDeliver[], now: Date): Promise<number> {
  const { rowCount } = await client.query({
    name: 'webhook-deliveries',
    text: `insert into webhook_deliveries (id, webhook_id, event_id, event_type, occurred_at, data, traceparent, next_attempt_at)
           select gen_random_uuid(), w.id, e."eventId", e.type, e."occurredAt", e.data, e.traceparent, $2
           from json_to_recordset($1::json)
             as e ("eventId" uuid, owners uuid[], type text, "occurredAt" timestamptz, data jsonb, traceparent text)
           join webhooks w on w.owner = any(e.owners)
           where w.deleted_at is null and (w.events = '{}' or e.type = any(w.events))
           order by e."occurredAt"
           on conflict (webhook_id, event_id) do nothing`,
    values: [JSON.stringify(events), now],
  })
  return rowCount ?? 0
}

/** A delivery that is to be attempted now, with what is needed for it. */
export interface DueDelivery {
  readonly id: string
  readonly webhookId: string
  readonly url: string
  readonly secret: Buffer
  readonly eventType: string
  readonly occurredAt: Date
  readonly data: object
  readonly attempts: number
  /** In which trace the event was made. */
  readonly traceparent: string | null
}

/**
 * Takes deliveries that are due: nobody else attempts them before `until`, by when they are settled or come again. The
 * attempt counts when it is taken: one that has had all of them and never said how the last went, as where each killed its
 * sender, is given up instead. At most `limit` are looked at, however many are due.
 */
export async function takeDueDeliveries(
  client: SqlClient,
  {
    now,
    until,
    limit,
    maxAttempts,
  }: { readonly now: Date; readonly until: Date; readonly limit: number; readonly maxAttempts: number },
): Promise<{ readonly taken: DueDelivery[]; readonly givenUp: number }> {
  const { rows } = await client.query<DueDelivery & { id: string; spent: boolean }>({
    name: 'webhook-take-due',
    text: `with due as (select d.id, w.deleted_at is not null as gone, w.deleted_at is not null or d.attempts >= $4 as spent
                        from webhook_deliveries d join webhooks w on w.id = d.webhook_id
                        where d.status = 'PENDING' and d.next_attempt_at <= $1
                        order by d.next_attempt_at limit $3 for update of d skip locked)
           update webhook_deliveries d set attempts = case when due.spent then d.attempts else d.attempts + 1 end,
             next_attempt_at = case when due.spent then null else $2::timestamptz end,
             status = case when due.spent then 'DEAD' else d.status end,
             last_error = case when due.gone then 'The webhook was deleted.'
                               when due.spent then 'The attempt did not end.' else d.last_error end
           from due, webhooks w where d.id = due.id and w.id = d.webhook_id
           returning d.id, d.webhook_id as "webhookId", w.url, w.secret_ct as secret, d.event_type as "eventType",
                     d.occurred_at as "occurredAt", d.data, d.attempts, d.traceparent, due.spent`,
    values: [now, until, limit, maxAttempts],
  })
  const taken = rows.filter(({ spent }) => !spent)
  return { taken, givenUp: rows.length - taken.length }
}

/**
 * Brings near what lies further ahead than its attempts ever put it: a clock that was ahead wrote it, as one of payments
 * (`hastenDue`). `longestMs` is by attempts, from none on. Looks through all that waits; answers how many that was.
 */
export async function hastenDeliveries(
  client: SqlClient,
  { now, longestMs, limit }: { readonly now: Date; readonly longestMs: readonly number[]; readonly limit: number },
): Promise<number> {
  const { rowCount } = await client.query({
    name: 'webhook-hasten',
    text: `with ahead as (
             select id, latest from webhook_deliveries w, lateral (
               select $1::timestamptz + ($2::float8[])[w.attempts + 1] * interval '1 millisecond' as latest) l
             where status = 'PENDING' and next_attempt_at > latest limit $3 for no key update of w skip locked
           )
           update webhook_deliveries d set next_attempt_at = a.latest from ahead a where d.id = a.id`,
    values: [now, longestMs, limit],
  })
  return rowCount ?? 0
}

/** How an attempt went; `attempts` tells it from a later one. */
export async function settleDelivery(
  client: SqlClient,
  outcome: {
    readonly id: string
    readonly attempts: number
    readonly status: DeliveryStatus
    readonly error: string | null
    readonly nextAttemptAt: Date | null
  },
): Promise<void> {
  await client.query({
    name: 'webhook-settle',
    text: `update webhook_deliveries set status = $3, last_error = $4, next_attempt_at = $5
           where id = $1 and attempts = $2 and status = 'PENDING'`,
    values: [outcome.id, outcome.attempts, outcome.status, outcome.error, outcome.nextAttemptAt],
  })
}

/** Deliveries of one endpoint, newest first. */
export async function readDeliveries(
  client: SqlClient,
  page: { webhookId: string; status: DeliveryStatus | null; before: bigint | null; limit: number },
): Promise<WebhookDelivery[]> {
  const { rows } = await client.query<WebhookDelivery & { id: string }>(
    `select ${DELIVERY} from webhook_deliveries
     where webhook_id = $1 and ($2::text is null or status = $2) and ($3::bigint is null or number < $3)
     order by number desc limit $4`,
    [page.webhookId, page.status, page.before, page.limit],
  )
  return rows
}

/** Makes a delivery due again, as if it had never been attempted; null when it is none of the customer's. */
export async function replayDelivery(
  client: SqlClient,
  { id, owner, now }: { readonly id: string; readonly owner: string; readonly now: Date },
): Promise<WebhookDelivery | null> {
  const { rows } = await client.query<WebhookDelivery & { id: string }>(
    `update webhook_deliveries d set status = 'PENDING', attempts = 0, next_attempt_at = $3
     from webhooks w where d.id = $1 and w.id = d.webhook_id and w.owner = $2 and w.deleted_at is null
     returning d.id, d.number, d.event_type as "eventType", d.status, d.attempts, d.last_error as "lastError",
               d.next_attempt_at as "nextAttemptAt"`,
    [id, owner, now],
  )
  return rows[0] ?? null
}

/** A delivery that was given up, to an endpoint that is still there. */
export interface DeadDelivery {
  readonly id: string
  readonly webhookId: string
  readonly eventType: string
  readonly attempts: number
  readonly occurredAt: Date
  readonly lastError: string | null
}

const DEAD = `d.status = 'DEAD' and w.id = d.webhook_id and w.deleted_at is null`

/** For operators: of all customers, of the latest event first. */
export async function listDeadDeliveries(client: SqlClient, limit: number): Promise<readonly DeadDelivery[]> {
  const { rows } = await client.query<DeadDelivery & { id: string }>(
    `select d.id, d.webhook_id as "webhookId", d.event_type as "eventType", d.attempts, d.occurred_at as "occurredAt",
            d.last_error as "lastError"
     from webhook_deliveries d, webhooks w where ${DEAD} order by d.occurred_at desc, d.number desc limit $1`,
    [limit],
  )
  return rows
}

/** Makes one delivery, or all that were given up, due again, as `replayDelivery` does for a customer; answers how many. */
export async function replayDeadDeliveries(
  client: SqlClient,
  { id, now }: { readonly id: string | null; readonly now: Date },
): Promise<number> {
  const { rowCount } = await client.query(
    `update webhook_deliveries d set status = 'PENDING', attempts = 0, next_attempt_at = $2
     from webhooks w where ${DEAD} and ($1::uuid is null or d.id = $1)`,
    [id, now],
  )
  return rowCount ?? 0
}

/** Forgets deliveries that have ended, of events before that time, some at once; answers how many. */
export async function forgetDeliveries(client: SqlClient, before: Date, limit: number): Promise<number> {
  const { rowCount } = await client.query({
    name: 'webhook-forget',
    text: `with old as materialized (
             select id from webhook_deliveries where status <> 'PENDING' and occurred_at < $1
             order by occurred_at limit $2 for update skip locked
           )
           delete from webhook_deliveries d using old where d.id = old.id`,
    values: [before, limit],
  })
  return rowCount ?? 0
}
