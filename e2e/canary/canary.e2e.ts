import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { FREE_PORTS, fetchToken, type RunningPlatform, startPlatform } from '@corridor/embedded'
import { createLogger, startTelemetry, type Telemetry } from '@corridor/platform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Collector, startCollector } from './collector.ts'
import { canariesIn, canariesInDatabase, canariesInFiles, keepEvents, withClient } from './find-canaries.ts'

/** What is personal, one value per input that takes it: nowhere but sealed, in the identity server, and in mail. */
const PERSONAL = {
  username: 'quillfeather_canary',
  email: 'kestrel.canary@plumage.example',
  givenName: 'Zephyrine-Canary',
  familyName: 'Nightjar-Canary',
  phone: '+4930901820555',
  street: '17 Bowerbird Canary Lane',
  city: 'Hoopoeville-Canary',
  region: 'Wheatear-Canary',
  postalCode: 'CNR-90182',
  newEmail: 'firecrest.canary@plumage.example',
  newFamilyName: 'Wagtail-Canary',
  newPhone: '+4930901820777',
  newStreet: '4 Dunnock Canary Row',
  beneficiary: 'Ptarmigan Canary',
  iban: 'DE89370400440532013000',
  bank: 'Bank of Canaries and Finches',
  account: 'CNRY90182000771',
  password: 'Secr3tCanaryOne',
  newPassword: 'Secr3tCanaryTwo',
  kycNote: 'officer saw the Canary in person',
} as const

/** Free text, and the one column that keeps each. */
const FREE_TEXT = {
  'payment.payments.reference': 'for the canary in the mine',
  'wallet.wallets.name': 'Canary savings of the nest',
  'wallet.wallets.status_reason': 'canary lost its phone',
  'forex.rate_overrides.note': 'canary sang a higher price',
} as const

const personal = Object.values(PERSONAL)
const freeText = Object.values(FREE_TEXT)
/** Of a user or of a service. */
const TOKEN = /eyJ[\w-]+\.|Bearer /
/** The development identity's store and locally kept mail are outside: what they are for is to know people. */
const OUTSIDE = ['identity', 'mail']

let folder: string
let platform: RunningPlatform
let collector: Collector
let telemetry: Telemetry | null
let isStopped = false
const lines: string[] = []
const refusals: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corridor-canary-'))
  chmodSync(folder, 0o755) // PostgreSQL's own user passes through when the tests run as root.
  collector = await startCollector()
  const logger = createLogger({ service: 'canary', level: 'debug', write: (line) => lines.push(line) })
  telemetry = startTelemetry('canary', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, logger)
  platform = await startPlatform({ dataDirectory: dataFolder(), ports: FREE_PORTS, logger, settleAfterMs: 50 })
  for (const name of Object.keys(platform.databases)) await keepEvents(asAdministrator(name))
  await useEverything()
  await refuseEverything()
  await breakSomething()
}, 240_000)
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

const dataFolder = () => join(folder, '.data')

async function stop(): Promise<void> {
  if (isStopped) return
  isStopped = true
  await platform.stop()
  await telemetry?.stop()
  await collector.close()
}

/** The dump is the administrator's: he sees every table, whoever may read it. */
function asAdministrator(name: string): string {
  const { texts } = JSON.parse(readFileSync(join(dataFolder(), 'secrets.json'), 'utf8')) as {
    texts: { postgres: string }
  }
  const url = new URL(platform.databases[name as keyof typeof platform.databases])
  url.username = 'postgres'
  url.password = texts.postgres
  return url.href
}

interface Answer {
  readonly data: Record<string, Record<string, unknown>> | null
  readonly errors?: readonly object[]
}

async function send(
  token: string | null,
  query: string,
  variables: object = {},
): Promise<{ text: string; answer: Answer }> {
  const response = await fetch(platform.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  })
  const text = await response.text()
  return { text, answer: JSON.parse(text) as Answer } // GraphQL over HTTP answers JSON, refusals too.
}

async function must(token: string | null, query: string, variables: object = {}): Promise<Record<string, unknown>> {
  const { text, answer } = await send(token, query, variables)
  if (answer.errors || !answer.data) throw new Error(text)
  return Object.values(answer.data)[0] ?? {}
}

async function tokenOf(username: string, password: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'password', client_id: 'corridor-cli', username, password })
  const answer = (await (await fetch(platform.tokenUrl ?? '', { method: 'POST', body })).json()) as {
    access_token: string
  }
  return answer.access_token
}

const REGISTER = 'mutation ($input: RegisterProfileInput!) { registerProfile(input: $input) { id } }'
const UPDATE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }'
const ADD = 'mutation ($input: AddBeneficiaryInput!) { addBeneficiary(input: $input) { id } }'
const PASSWORD = 'mutation ($current: String!, $new: String!) { done: changePassword(current: $current, new: $new) }'
const OPEN = 'mutation ($input: OpenWalletInput!) { openWallet(input: $input) { id } }'
const SEND = 'mutation ($input: SendPaymentInput!) { sendPayment(input: $input) { id } }'

const registration = () => {
  const { username, email, password, givenName, familyName, phone, street, city, region, postalCode } = PERSONAL
  const address = { street, city, region, postalCode, country: 'DE' }
  return { username, email, password, givenName, familyName, phone, address }
}
const toBank = () => ({
  ...{ idempotencyKey: 'bank', name: PERSONAL.beneficiary, country: 'DE', currency: 'EUR', delivery: 'BANK' },
  ...{ accountNumber: PERSONAL.iban, bankName: PERSONAL.bank },
})

/** Puts every canary in where it belongs, and makes each travel as far as it goes. */
async function useEverything(): Promise<void> {
  const { id } = await must(null, REGISTER, { input: registration() })
  const own = await tokenOf(PERSONAL.username, PERSONAL.password)
  await must(own, '{ me { id email beneficiaries { name } } }')
  const address = { street: PERSONAL.newStreet, city: PERSONAL.city, postalCode: PERSONAL.postalCode, country: 'DE' }
  const { newEmail: email, newFamilyName: familyName, newPhone: phone } = PERSONAL
  await must(own, UPDATE, { input: { email, familyName, phone, address } })
  await must(own, PASSWORD, { current: PERSONAL.password, new: PERSONAL.newPassword })
  await must(own, ADD, { input: toBank() })
  const elsewhere = {
    ...toBank(),
    idempotencyKey: 'us',
    country: 'US',
    currency: 'USD',
    accountNumber: PERSONAL.account,
  }
  await must(own, ADD, { input: elsewhere })

  const admin = await fetchToken(platform.tokenUrl ?? '', 'admin')
  const decide = `mutation ($id: ID!, $note: String!) { decideKyc(profileId: $id, status: VERIFIED, note: $note) { id } }`
  await must(admin, decide, { id, note: PERSONAL.kycNote })
  await must(admin, 'query ($s: String!) { profiles(search: $s) { edges { node { id email } } } }', { s: email })
  await must(
    admin,
    'query ($id: ID!) { profile(id: $id) { givenName address { street } beneficiaries { accountNumber } } }',
    { id },
  )
  const override = `mutation ($note: String!) { overrideRate(input: { pair: "USDINR", mid: "90.5", note: $note }) { pair } }`
  await must(admin, override, { note: FREE_TEXT['forex.rate_overrides.note'] })

  const name = FREE_TEXT['wallet.wallets.name']
  const from = await must(own, OPEN, { input: { idempotencyKey: 'from', currency: 'USD', name } })
  const other = await fetchToken(platform.tokenUrl ?? '', 'customer1')
  const to = await must(other, OPEN, { input: { idempotencyKey: 'to', currency: 'USD' } })
  const amount = { amount: '100.00', currency: 'USD' }
  const deposit = 'mutation ($input: DepositInput!) { deposit(input: $input) { id } }'
  const paidIn = await must(own, deposit, { input: { idempotencyKey: 'in', walletId: from.id, amount } })
  await completed(own, String(paidIn.id))
  const debit = { amount: '10.00', currency: 'USD' }
  const reference = FREE_TEXT['payment.payments.reference']
  const payment = { idempotencyKey: 'pay', fromWalletId: from.id, toWalletId: to.id, debit, reference }
  const sent = await must(own, SEND, { input: payment })
  await completed(own, String(sent.id))
  await must(other, 'query ($id: ID!) { payment(id: $id) { reference payer { displayName } } }', { id: sent.id })
  const freeze = 'mutation ($id: ID!, $reason: String!) { freezeWallet(id: $id, reason: $reason) { id } }'
  await must(admin, freeze, { id: from.id, reason: FREE_TEXT['wallet.wallets.status_reason'] })
}

/** Lets the platform complain: what it cannot open, and a provider that does something. */
async function breakSomething(): Promise<void> {
  const own = await tokenOf(PERSONAL.username, PERSONAL.newPassword)
  const started = await must(own, 'mutation { startKyc(level: ENHANCED) { kyc { redirectUrl } } }')
  const { redirectUrl } = started.kyc as { redirectUrl: string }
  await fetch(redirectUrl, { method: 'POST', body: new URLSearchParams({ finding: 'ATTENTION' }) })
  const swap = 'update profiles set given_name_ct = family_name_ct, family_name_ct = given_name_ct'
  const administrator = asAdministrator('profile')
  await withClient(administrator, (client) => client.query(swap))
  const { text, answer } = await send(own, '{ me { givenName } }')
  if (!answer.errors) throw new Error('a ciphertext that was moved should not open')
  refusals.push(text)
  await withClient(administrator, (client) => client.query(swap))
}

const COMPLETION_TIMEOUT_MS = 60_000

async function completed(token: string, id: string): Promise<void> {
  const deadline = performance.now() + COMPLETION_TIMEOUT_MS
  while (performance.now() < deadline) {
    const { status } = await must(token, 'query ($id: ID!) { payment(id: $id) { status } }', { id })
    if (status === 'COMPLETED') return
    if (status === 'FAILED' || status === 'DECLINED') throw new Error(`the payment ended ${status}`)
    await delay(50)
  }
  throw new Error('the payment does not end')
}

/** Puts every canary in where it does not belong, and keeps what is answered. */
async function refuseEverything(): Promise<void> {
  const own = await tokenOf(PERSONAL.username, PERSONAL.newPassword)
  const refused = async (token: string | null, query: string, variables: object): Promise<void> => {
    const { text, answer } = await send(token, query, variables)
    if (!answer.errors) throw new Error(`this should have been refused: ${query}`)
    refusals.push(text)
  }
  const long = (text: string) => text.repeat(40)
  const input = registration()
  await refused(null, REGISTER, { input }) // The name is taken.
  for (const field of ['username', 'email', 'password', 'givenName', 'familyName', 'phone'] as const) {
    await refused(null, REGISTER, { input: { ...input, [field]: long(input[field]) } })
    await refused(null, REGISTER, { input: { ...input, [field]: [input[field], 1] } })
    await refused(null, REGISTER, { input: { ...input, [field]: null, [`${field}2`]: input[field] } })
  }
  for (const field of ['street', 'city', 'region', 'postalCode', 'country'] as const) {
    await refused(null, REGISTER, {
      input: { ...input, address: { ...input.address, [field]: long(PERSONAL.street) } },
    })
  }
  await refused(own, UPDATE, { input: { email: long(PERSONAL.email), phone: PERSONAL.phone } })
  await refused(own, UPDATE, { input: { timeZone: PERSONAL.city } })
  await refused(own, PASSWORD, { current: PERSONAL.password, new: PERSONAL.newPassword })
  await refused(own, PASSWORD, { current: PERSONAL.newPassword, new: 'short' })
  for (const field of ['name', 'country', 'currency', 'delivery', 'accountNumber', 'bankName'] as const) {
    await refused(own, ADD, { input: { ...toBank(), idempotencyKey: field, [field]: long(PERSONAL.beneficiary) } })
  }
  await refused(own, ADD, { input: { ...toBank(), name: PERSONAL.familyName } }) // The key stands for another input.
  await refused(own, 'mutation ($code: String!) { verifyEmail(code: $code) { id } }', { code: PERSONAL.email })
  const literal = JSON.stringify(PERSONAL.iban)
  await refused(own, `mutation { removeBeneficiary(id: ${literal}) { x } }`, {})
  await refused(own, `mutation { removeBeneficiary(id: ${literal}) ${PERSONAL.bank}`, {})
  const reference = long(FREE_TEXT['payment.payments.reference'])
  await refused(own, SEND, { input: { idempotencyKey: 'x', fromWalletId: PERSONAL.account, reference } })
}

describe('canaries that were put in at every input', () => {
  it('can be found: in the answer to whom they belong, and in the store of the identity server', async () => {
    const own = await tokenOf(PERSONAL.username, PERSONAL.newPassword)
    const { text } = await send(
      own,
      '{ me { username email givenName address { city } beneficiaries { name bankName } } }',
    )
    expect(canariesIn(text, personal)).toEqual(
      expect.arrayContaining([PERSONAL.username, PERSONAL.newEmail, PERSONAL.givenName, PERSONAL.city, PERSONAL.bank]),
    )
    expect(canariesInFiles(join(dataFolder(), 'identity'), personal, [])).not.toEqual([])
  })

  it('are in no line of the logs', () => {
    expect(lines.join('\n')).toContain('"bug"') // It was told, with its stack.
    expect(canariesIn(lines.join('\n'), [...personal, ...freeText])).toEqual([])
    expect(lines.join('\n')).not.toMatch(TOKEN)
  })

  it('are in no body of a refusal', () => {
    expect(refusals.length).toBeGreaterThan(30)
    const said = refusals.flatMap((text) => canariesIn(text, [...personal, ...freeText]))
    expect(said).toEqual([])
  })

  it('are in no event and no table of any database, free text in its own column alone', async () => {
    const found: string[] = []
    let events = 0
    for (const name of Object.keys(platform.databases)) {
      const url = asAdministrator(name)
      found.push(...(await canariesInDatabase(url, [...personal, ...freeText])).map((each) => `${name}.${each}`))
      events += await keptEvents(url)
    }
    expect(events).toBeGreaterThan(20)
    expect(found.sort()).toEqual(
      Object.entries(FREE_TEXT)
        .map(([column, canary]) => `${column}: ${canary}`)
        .sort(),
    )
  })

  it('are in no trace and no metric', async () => {
    await stop()
    const { traces, metrics } = collector.received
    const [spans, points] = [traces, metrics].map((bodies) => Buffer.concat(bodies).toString('latin1')) as [
      string,
      string,
    ]
    for (const service of ['router', 'profile-service', 'payment-processor', 'mailer']) expect(spans).toContain(service)
    expect(points).toContain('service.name')
    expect(canariesIn(spans + points, [...personal, ...freeText])).toEqual([])
    expect(spans + points).not.toMatch(TOKEN)
  })

  it('that are personal are in no file of the platform, its databases’ own among them', async () => {
    await stop()
    expect(canariesInFiles(dataFolder(), personal, OUTSIDE)).toEqual([])
  })
})

async function keptEvents(url: string): Promise<number> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query(`select to_regclass('kept_events') as kept`)
    if (rows[0]?.kept === null) return 0
    return Number((await client.query('select count(*) from kept_events')).rows[0]?.count)
  })
}
