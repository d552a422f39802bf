import { randomUUID } from 'node:crypto'
import { ApiClient, fetchToken } from '../api-client.ts'
import { describeFailure } from '../describe-failure.ts'
import { readPlatformSettings } from '../settings.ts'
import { CustomerJourney } from './journey.ts'
import { type FullPaymentData, type MoneyData, RATE_CHANGED, TRIAL_BALANCE } from './operations.ts'

const say = (line = ''): void => void process.stdout.write(`${line}\n`)
const money = (value: MoneyData | null | undefined): string => (value ? `${value.amount} ${value.currency}` : '—')

/** What must be so for the journey to count; the first that is not ends it. */
function expect(fact: string, holds: boolean): void {
  say(`   ${holds ? '✓' : '✗'} ${fact}`)
  if (!holds) throw new Error(`It does not hold: ${fact}.`)
}

interface Travellers {
  readonly ada: CustomerJourney
  readonly ravi: CustomerJourney
  readonly stranger: CustomerJourney
  readonly auditor: ApiClient
}

/** `npm run demo`: the journey of a cross-currency payment on the running platform, by its public API alone. */
async function main(): Promise<number> {
  const { ports } = readPlatformSettings(process.env)
  const startedMs = performance.now()
  const clients: ApiClient[] = []
  const signIn = async (username: string): Promise<ApiClient> => {
    const token = await fetchToken(`http://localhost:${ports.identity}/oauth2/token`, username)
    const client = new ApiClient(`http://localhost:${ports.router}/graphql`, token)
    clients.push(client)
    return client
  }
  try {
    say('Corridor: from 1,000.00 USD to 25,000.00 INR\n')
    const [ada, ravi, stranger, auditor] = await Promise.all(
      ['customer1', 'customer2', 'customer3', 'auditor'].map(signIn),
    )
    if (!ada || !ravi || !stranger || !auditor) throw new Error('Somebody could not sign in.')
    await journey({
      ada: new CustomerJourney(ada),
      ravi: new CustomerJourney(ravi),
      stranger: new CustomerJourney(stranger),
      auditor,
    })
    say(`\nDone in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s.`)
    return 0
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`)
    return 1
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
}

async function journey({ ada, ravi, stranger, auditor }: Travellers): Promise<void> {
  say('1. customer1 opens a USD wallet, customer2 an INR wallet')
  const from = await ada.openWallet('USD', 'Travel')
  const to = await ravi.openWallet('INR', 'Home')
  say(`   ${from}  USD\n   ${to}  INR`)

  say('2. The rate, live')
  for await (const { rateChanged } of ada.api.subscribe<{ rateChanged: Record<string, string> }>(RATE_CHANGED, {
    pairs: ['USDINR'],
  })) {
    say(`   1 USD = ${rateChanged.mid} INR (${rateChanged.source})`)
    break
  }

  say('3. customer1 deposits 1,000.00 USD')
  const deposited = await ada.deposit(from, '1000.00', 'USD')
  say(`   ${deposited.statuses.join(' → ')}`)
  expect('1000.00 USD are available', money((await ada.balance(from))?.available) === '1000.00 USD')

  say('4. preparePayment: exactly 25,000.00 INR are to arrive')
  const quote = await ada.prepare({
    fromWalletId: from,
    toWalletId: to,
    credit: { amount: '25000.00', currency: 'INR' },
  })
  say(`   leaves ${money(quote.debit)}, fee ${money(quote.fee)} of it; arrives ${money(quote.credit)}`)
  say(`   rate ${quote.fxQuote?.appliedRate} (mid ${quote.fxQuote?.mid}); rules: ${quote.decision?.outcome}`)
  for (const { debitAccountCode, creditAccountCode, amount } of quote.postings) {
    say(`   posting ${debitAccountCode} → ${creditAccountCode}: ${money(amount)}`)
  }
  say(`   valid until ${quote.expiresAt}`)

  say('5. sendPayment with that quote, watched through the subscription')
  const input = { idempotencyKey: randomUUID(), quoteId: quote.id }
  const sent = await ada.send(input)
  const watched = await ada.watch({ id: sent.id, after: deposited.cursor })
  expect(`seen: ${watched.statuses.join(' → ')}`, watched.statuses.join() === 'PENDING,COMPLETED')

  say('6. One query through the router, all six subgraphs')
  const payment = await ada.payment(sent.id)
  if (payment === null) throw new Error('The payer does not see his payment.')
  describePayment(payment)

  say('7. Balances, books, and the same key again')
  const left = await ada.balance(from)
  const arrived = await ravi.balance(to)
  expect(`customer2 has 25000.00 INR`, money(arrived?.available) === '25000.00 INR')
  expect(`customer1 has ${money(left?.available)} left`, centsOf(left?.available) === 100_000n - centsOf(quote.debit))
  const { trialBalance } = await auditor.request<{ trialBalance: { currency: string; balanced: boolean }[] }>(
    TRIAL_BALANCE,
  )
  const zero = ['USD', 'INR'].every((code) => trialBalance.some((line) => line.currency === code && line.balanced))
  expect('the trial balance is zero in both currencies', zero)
  const again = await ada.send(input)
  expect('the same key gives the same payment', again.id === sent.id)
  expect('and moves nothing', money((await ada.balance(from))?.available) === money(left?.available))

  say('8. Who sees what')
  const received = await ravi.payment(sent.id)
  expect('the payee sees what arrived', money(received?.credit) === '25000.00 INR')
  expect('and not what it cost', received?.debit === null && received.fee === null && received.from === null)
  expect('customer3 sees nothing', (await stranger.payment(sent.id)) === null)

  say('9. More than there is')
  const tooMuch = await ada.send({
    idempotencyKey: randomUUID(),
    fromWalletId: from,
    toWalletId: to,
    debit: { amount: '900.00', currency: 'USD' },
  })
  await ada.watch({ id: tooMuch.id })
  const failed = await ada.payment(tooMuch.id)
  expect(`${failed?.status}: ${failed?.failure?.message}`, failed?.failure?.code === 'INSUFFICIENT_FUNDS')
}

function describePayment(payment: FullPaymentData): void {
  const { from, decision, fxQuote, transfers } = payment
  say(`   payment   ${payment.kind} ${payment.status}, ${money(payment.debit)} to ${money(payment.credit)}`)
  say(`   profile   from ${payment.payer?.displayName} to ${payment.payee?.displayName}`)
  say(`   wallet    "${from?.name}" of ${from?.owner?.username}, ${money(from?.balance?.available)} left (ledger)`)
  say(`   forex     rate ${fxQuote?.appliedRate} (${fxQuote?.source}), quote ${fxQuote?.status}`)
  say(`   rules     ${decision?.outcome}, risk ${decision?.riskScore} of 100`)
  for (const { debitAccountCode, creditAccountCode, amount, state } of transfers ?? []) {
    say(`   ledger    ${debitAccountCode} → ${creditAccountCode}: ${money(amount)}, ${state}`)
  }
  say(`   timeline  ${payment.timeline.map(({ status, at }) => `${status} ${at}`).join(', ')}`)
  const parts = [from?.owner, from?.balance, payment.payee, fxQuote, decision, transfers?.[0]]
  expect(
    'all six took part',
    parts.every((part) => part !== null && part !== undefined),
  )
}

const centsOf = (value: MoneyData | undefined): bigint => BigInt(value?.amount.replace('.', '') ?? '0')

process.exitCode = await main()
