import { randomUUID } from 'node:crypto'
import { CustomerJourney } from '@corridor/embedded'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { raiseLimits } from '../journey/raise-limits.ts'
import { apiOf, Visitor } from './visitor.ts'

const BOUND = { timeout: 60_000, interval: 200 }
const PREPARATION_MS = 180_000
const FUNDING = ['45000.00', '45000.00', '45000.00', '45000.00', '45000.00']

let visitor: Visitor
let payer: CustomerJourney
let transferId = ''

/** A customer who sends more than passes by itself. */
async function verified(): Promise<CustomerJourney> {
  const [customer, ops] = [new CustomerJourney(await apiOf('customer2')), await apiOf('ops')]
  await raiseLimits(customer, ops)
  return customer
}

async function inReview(from: string, to: string, amount: string): Promise<void> {
  const debit = { amount, currency: 'USD' }
  const { id } = await payer.send({ idempotencyKey: randomUUID(), fromWalletId: from, toWalletId: to, debit })
  await vi.waitFor(async () => expect((await payer.payment(id))?.status).toBe('IN_REVIEW'), BOUND)
}

beforeAll(async () => {
  payer = await verified()
  const [from, to] = [await payer.openWallet('USD', 'Business'), await payer.openWallet('USD', 'Savings')]
  for (const amount of FUNDING) await payer.deposit(from, amount, 'USD')
  const debit = { amount: '10.00', currency: 'USD' }
  const { id } = await payer.send({ idempotencyKey: randomUUID(), fromWalletId: from, toWalletId: to, debit })
  await vi.waitFor(async () => expect((await payer.payment(id))?.status).toBe('COMPLETED'), BOUND)
  const found = await payer.api.request<{ payment: { transfers: { id: string }[] } }>(
    'query ($id: ID!) { payment(id: $id) { transfers { id } } }',
    { id },
  )
  transferId = found.payment.transfers[0]?.id ?? ''
  await inReview(from, to, '100001.00')
  await inReview(from, to, '100002.00')
}, PREPARATION_MS)

/** Each with a browser of his own, in which nothing goes wrong unseen. */
function describeRole(who: string, username: string, tests: () => void): void {
  describe(who, () => {
    beforeAll(async () => {
      visitor = await Visitor.arrives()
      await visitor.signsIn(username)
    })
    tests()
    it('has seen no error of any page', () => {
      expect(visitor.errors).toEqual([])
    })
    afterAll(() => visitor.leaves())
  })
}

describeRole('an operator', 'ops', () => {
  it('sees the queue first, with the reasons', async () => {
    await visitor.opens('Review queue')
    await visitor.page
      .getByRole('row', { name: /looked at by a person/ })
      .first()
      .waitFor()
    await visitor.looksAt('review-queue')
  })

  it('needs a note to decide, sees how the rules came to it, and approves', async () => {
    const { page } = visitor
    await page.getByRole('table').getByRole('link').first().click()
    await page.getByRole('heading', { name: 'Review: Transfer' }).waitFor()
    await page.getByRole('button', { name: 'How the rules came to it' }).click()
    await page.getByText('HIGH_VALUE').first().waitFor()
    await visitor.looksAt('review-payment')
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('Say why you decide so.').waitFor()
    await page.getByLabel('Note').fill('Known for years.')
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('Approved: the payment goes its way.').waitFor()
    await page.getByText('It is decided').waitFor()
  })

  it('refuses another', async () => {
    const { page } = visitor
    await page.getByRole('link', { name: 'Back to the queue' }).click()
    await page.getByRole('table').getByRole('link').first().click()
    await page.getByLabel('Note').fill('Not plausible.')
    await page.getByRole('button', { name: 'Refuse' }).click()
    await page.getByText('Refused: the money is given back.').waitFor()
    await page.getByRole('link', { name: 'Back to the queue' }).click()
    await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor()
  })

  it('finds a customer and decides who he is', async () => {
    const { page } = visitor
    await visitor.opens('Customers')
    await visitor.looksAt('customers')
    await page.getByLabel('E-mail, phone or user name').fill('nobody at all')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('heading', { name: 'Nobody fits' }).waitFor()
    await page.getByLabel('E-mail, phone or user name').fill('customer3')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('row', { name: 'customer3' }).getByRole('link').click()
    await page.getByRole('form', { name: 'Verification' }).getByLabel('Note').fill('Passport seen.')
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText('Verified.').waitFor()
  })

  it('freezes a wallet and takes it back', async () => {
    const { page } = visitor
    await visitor.opens('Customers')
    await page.getByLabel('E-mail, phone or user name').fill('customer2')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('row', { name: 'customer2' }).getByRole('link').click()
    await page.getByRole('button', { name: 'Freeze Savings' }).click()
    const dialog = page.getByRole('dialog', { name: 'Freeze Savings?' })
    await dialog.getByLabel('Reason').fill('Reported lost.')
    await dialog.getByRole('button', { name: 'Freeze' }).click()
    await page.getByRole('button', { name: 'Unfreeze Savings' }).waitFor()
    await visitor.looksAt('customer')
    await page.getByRole('button', { name: 'Unfreeze Savings' }).click()
    await page.getByRole('button', { name: 'Freeze Savings' }).waitFor()
  })

  it('reads the rules as tables and tries a payment on them', async () => {
    const { page } = visitor
    await visitor.opens('Rules')
    await page.getByLabel('Amount').fill('150000.00')
    await page.getByRole('button', { name: 'Decide' }).click()
    await page.getByText('Amounts this high are looked at by a person.').waitFor()
    await visitor.looksAt('rules')
    await page.getByRole('link', { name: /^Compliance/ }).click()
    await page.getByRole('table', { name: 'Compliance' }).getByText('SANCTIONED_COUNTRY').waitFor()
    await visitor.looksAt('rule-set')
  })

  it('sees that every part of the platform is up', async () => {
    const { page } = visitor
    await visitor.opens('Platform')
    await page.getByRole('table', { name: 'Parts of the platform' }).getByText('ledger').first().waitFor()
    await page.getByRole('table', { name: 'Figures' }).getByRole('row').nth(1).waitFor()
    await visitor.looksAt('platform')
  })

  it('is not offered what his role does not open', async () => {
    const navigation = visitor.page.getByRole('navigation')
    await expect(navigation.getByRole('link', { name: 'Books' }).count()).resolves.toBe(0)
  })
})

describeRole('somebody in finance', 'finance', () => {
  it('sees what the house holds, and sets a rate by hand until it is cleared', async () => {
    const { page } = visitor
    await visitor.opens('Rates and exposure')
    await visitor.looksAt('desk')
    await page.getByRole('button', { name: 'Set by hand: USD/INR' }).click()
    const dialog = page.getByRole('dialog', { name: 'Set USD/INR by hand' })
    await dialog.getByRole('button', { name: 'Set the rate' }).click()
    await dialog.getByText('Say why the rate is set by hand.').waitFor()
    await dialog.getByLabel(/Price of one USD/).fill('84.5')
    await dialog.getByLabel('Why').fill('The provider is off.')
    await dialog.getByRole('button', { name: 'Set the rate' }).click()
    await page.getByRole('button', { name: 'Clear: USD/INR' }).click()
    await page.getByText('USD/INR follows the market again.').waitFor()
  })
})

describeRole('an auditor', 'auditor', () => {
  it('sees the books balanced and every check of them', async () => {
    const { page } = visitor
    await visitor.opens('Books')
    await page.getByText(/^All \d+ checks hold\.$/).waitFor()
    await visitor.looksAt('books')
  })

  it('goes from the accounts to an entry and its transfer', async () => {
    const { page } = visitor
    await visitor.opens('Accounts')
    await page.getByLabel('Kind').selectOption('customer.wallet')
    await page.getByRole('table').getByRole('link', { name: 'Customer wallet' }).first().waitFor()
    await visitor.looksAt('accounts')
    await page.getByRole('table').getByRole('link', { name: 'Customer wallet' }).first().click()
    await page.getByRole('heading', { name: 'Entries' }).waitFor()
    await visitor.looksAt('account')
  })

  it('has the proof of a transfer checked by the browser itself', async () => {
    const { page } = visitor
    await visitor.opens('Accounts')
    await page.getByLabel('Open').selectOption('transfers')
    await page.getByLabel('Id').fill(transferId)
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByRole('button', { name: 'Check the proof here' }).click()
    await page.getByText('This transfer is in the books, as it is shown here.').waitFor()
    await visitor.looksAt('transfer')
  })

  it('reads who looked at whom', async () => {
    await visitor.opens('Access log')
    await visitor.page.getByRole('table', { name: /Access log/ }).waitFor()
    await visitor.looksAt('access-log')
  })
})

describeRole('an administrator', 'admin', () => {
  it('runs a version of the rules against past payments', async () => {
    const { page } = visitor
    await visitor.opens('Rules')
    await page.getByRole('link', { name: /^Limits/ }).click()
    await page.getByRole('button', { name: 'Run the backtest' }).click()
    await page.getByText(/^Of \d+ payments it would have decided each the same\.$/).waitFor()
  })
})
