import { userInfo } from 'node:os'
import { DeadLetters, listParked, readKafkaConnection, readLag, replayParked, TOPICS_OF } from '@corridor/events'
import { formatAmount } from '@corridor/money'
import { closeItem, listOpenItems } from '@corridor/payment'
import { createLogger, createPool, Fault, isUuid, type Pool, systemClock } from '@corridor/platform'
import { rebuildCounters } from '@corridor/rule-engine'
import { explainStartFailure } from '../explain-start-failure.ts'
import { applicationUrlFrom } from '../own-databases.ts'
import { GIVEN_UP, type GivenUp } from './given-up.ts'

type Domain = keyof typeof TOPICS_OF

const DOMAINS = Object.keys(TOPICS_OF) as Domain[] // The keys are these names and no others.
const USAGE = `npm run ops -- <command>

  lag                                what the relays have yet to deliver, per domain
  parked [domain]                    events that could not be delivered, with their key and what waits behind them
  parked replay <domain> [event id]  puts them back into the queue: all of the domain, or one
  dead-letters [domain]              messages that a consumer gave up
  dead-letters replay <domain>       sends them to their topics again
  mails                              mails that were given up one by one
  mails replay [mail id]             sends them again, under the same Message-ID: all, or one
  webhooks                           deliveries to customers' endpoints that were given up
  webhooks replay [delivery id]      delivers them again, under the same webhook-id: all, or one
  reconcile                          what providers said that no payment explains, and nobody has looked into
  reconcile close <item id> <note>   closes one, with what was found
  recount                            counts anew, payment by payment, what customers have used of their limits

  Domains: ${DOMAINS.join(', ')}. Databases are those of the running platform, or of <DOMAIN>_DATABASE_URL.
  Dead letters are in Kafka: they need KAFKA_BROKERS, as the platform does.
`

const MAX_ITEMS = 1_000

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** `npm run ops`: what waits, what is parked, what was given up, and another try for it; what nobody explained; counters counted anew. */
async function main(args: readonly string[]): Promise<boolean> {
  const [command, ...rest] = args
  if (command === 'recount') return rest.length === 0 && (await recount())
  if (command === 'reconcile') return rest.length === 0 ? await showItems() : await closeOne(rest)
  const givenUp = GIVEN_UP.get(command ?? '')
  if (givenUp) return rest.length === 0 ? await showGivenUp(givenUp) : await tryAgain(givenUp, rest)
  const replay = rest[0] === 'replay'
  const [domain, eventId, ...more] = replay ? rest.slice(1) : rest
  const domains = domain === undefined ? DOMAINS : DOMAINS.filter((known) => known === domain)
  if (domains.length === 0 || more.length > 0 || (replay && domain === undefined)) return false
  if (eventId !== undefined && !(replay && command === 'parked' && isUuid(eventId))) return false
  if (command === 'lag' && !replay) await showLag(domains)
  else if (command === 'parked' && !replay) await showParked(domains)
  else if (command === 'parked') await replayParkedOf(domains, eventId ?? null)
  else if (command === 'dead-letters' && !replay) await showDeadLetters(domains)
  else if (command === 'dead-letters') await replayDeadLetters(domains)
  else return false
  return true
}

async function showGivenUp({ domain, lines }: GivenUp): Promise<true> {
  const found = await withPool(domain, (pool) => lines(pool, MAX_ITEMS))
  say(`${found.length} given up`)
  for (const line of found) say(`  ${line}`)
  return true
}

async function tryAgain(
  { domain, isId, tryAgain: again }: GivenUp,
  [action, id, ...more]: readonly string[],
): Promise<boolean> {
  if (action !== 'replay' || more.length > 0 || (id !== undefined && !isId(id))) return false
  const count = await withPool(domain, (pool) => again(pool, id ?? null))
  say(`${count} tried again`)
  if (count === 0 && id !== undefined) process.exitCode = 1
  return true
}

async function showItems(): Promise<true> {
  const items = await withPool('payment', (pool) => listOpenItems(pool, MAX_ITEMS))
  say(`${items.length} open`)
  for (const { id, kind, provider, paymentId, amountMinor, currency, creditCode, openedAt } of items) {
    const money = formatAmount({ amountMinor, currency })
    say(
      `  ${id}  ${kind} of ${money} ${currency} by ${provider}, payment ${paymentId}, since ${openedAt.toISOString()}`,
    )
    if (creditCode !== null) say(`    posted to the credit of ${creditCode}`)
  }
  return true
}

async function closeOne([action, id, ...words]: readonly string[]): Promise<boolean> {
  const note = words.join(' ').trim()
  if (action !== 'close' || !isUuid(id) || note === '') return false
  const by = userInfo().username
  const closed = await withPool('payment', (pool) => closeItem(pool, { id, by, note, now: systemClock.now() }))
  say(closed ? `closed by ${by}` : 'There is no such open item, or its posting is still under way.')
  if (!closed) process.exitCode = 1
  return true
}

async function recount(): Promise<true> {
  const { customers, corrected } = await withPool('rule-engine', rebuildCounters)
  say(`${customers} customers counted anew, ${corrected} windows corrected`)
  return true
}

async function showLag(domains: readonly Domain[]): Promise<void> {
  for (const domain of domains) {
    const { waiting, oldestMs, parked } = await withPool(domain, readLag)
    say(`${domain}: ${waiting} waiting, the oldest for ${(oldestMs / 1_000).toFixed(1)} s; ${parked} parked`)
  }
}

async function showParked(domains: readonly Domain[]): Promise<void> {
  for (const domain of domains) {
    const events = await withPool(domain, listParked)
    say(`${domain}: ${events.length} parked`)
    for (const { id, topic, key, type, reason, parkedAt, waiting } of events) {
      say(`  ${id}  ${type} of ${topic}, key ${key}, since ${parkedAt.toISOString()}, ${waiting} waiting behind it`)
      say(`    ${reason}`)
    }
  }
}

async function replayParkedOf(domains: readonly Domain[], eventId: string | null): Promise<void> {
  for (const domain of domains) {
    say(`${domain}: ${await withPool(domain, (pool) => replayParked(pool, eventId))} put back into the queue`)
  }
}

async function showDeadLetters(domains: readonly Domain[]): Promise<void> {
  const letters = deadLetters()
  for (const topic of domains.flatMap((domain) => TOPICS_OF[domain])) {
    const found = await letters.list(topic)
    say(`${topic}: ${found.length} dead letters`)
    for (const { partition, offset, key, consumer, reason, at } of found) {
      say(`  ${partition}/${offset}  key ${key}, given up by ${consumer} at ${at.toISOString()}: ${reason}`)
    }
  }
}

async function replayDeadLetters(domains: readonly Domain[]): Promise<void> {
  const letters = deadLetters()
  for (const topic of domains.flatMap((domain) => TOPICS_OF[domain])) {
    say(`${topic}: ${await letters.replay(topic)} sent again`)
  }
}

const deadLetters = (): DeadLetters =>
  new DeadLetters({
    ...readKafkaConnection(process.env),
    clientId: 'ops',
    logger: createLogger({ service: 'ops', level: 'fatal' }),
  })

async function withPool<T>(domain: Domain, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = createPool({ url: applicationUrlFrom(process.env, domain), service: 'ops', max: 1 })
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

/** What went wrong as one sentence with its remedy. */
function explain(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const unreachable = 'code' in cause && cause.code === 'ECONNREFUSED'
    if (unreachable || (cause instanceof Fault && cause.code === 'SERVICE_UNAVAILABLE')) {
      return 'The database is not reachable: start the platform with npm start, give its PLATFORM_PORT_OFFSET, or set <DOMAIN>_DATABASE_URL.'
    }
    if (/^KafkaJS/.test(cause.name)) return `Kafka is not reachable: ${cause.message}`
  }
  return explainStartFailure(error, '.data') ?? String(error)
}

try {
  if (!(await main(process.argv.slice(2)))) {
    process.stderr.write(USAGE)
    process.exitCode = 2
  }
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}
