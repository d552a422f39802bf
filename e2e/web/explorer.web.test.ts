import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Visitor } from './visitor.ts'

describe('a developer', () => {
  let visitor: Visitor
  beforeAll(async () => {
    visitor = await Visitor.arrives()
    await visitor.signsIn('finance')
  })
  afterAll(() => visitor.leaves())

  it('runs a subscription and a query in the explorer, with the token filled in', async () => {
    const { page } = visitor
    await visitor.opens('API explorer')
    const editor = page.locator('.graphiql-query-editor')
    const answer = page.locator('.result-window')
    // The editor shows its first tab before it takes another.
    await editor.getByText('myWallets', { exact: true }).waitFor()
    await page.getByRole('tab', { name: 'LiveRate' }).click()
    await editor.getByText('rateChanged').waitFor()
    await page.getByRole('button', { name: /^Execute query/ }).click()
    await answer.getByText('"USDINR"').first().waitFor()
    await page.getByRole('button', { name: /^Stop/ }).click()
    await page.getByRole('tab', { name: 'MyWallets' }).click()
    await editor.getByText('myWallets', { exact: true }).waitFor()
    await page.getByRole('button', { name: /^Execute query/ }).click()
    await answer.getByText('"myWallets"').first().waitFor()
    await visitor.looksAt('explorer', { foreign: '.explorer' })
  })

  it('has seen no error of the page', () => {
    expect(visitor.errors).toEqual([])
  })
})
