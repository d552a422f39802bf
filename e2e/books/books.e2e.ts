import { spawn } from 'node:child_process'
import type { JsonWebKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ApiClient, CustomerJourney } from '@corridor/embedded'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../journey/platform.ts'
import { failedSteps, SEAL, type Seal } from './check-seal.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const WAIT = { timeout: 40_000, interval: 100 }
const REQUEST = 'mutation ($input: DownloadInput!) { requestDownload(input: $input) { url expiresAt } }'
const ALWAYS = { from: '2020-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z' }

let running: TestPlatform
let ada: CustomerJourney
let stranger: ApiClient
let auditor: ApiClient
let wallet: string
beforeAll(async () => {
  running = await startTestPlatform()
  ada = new CustomerJourney(await running.signIn('customer1'))
  stranger = await running.signIn('customer2')
  auditor = await running.signIn('auditor')
  wallet = await ada.openWallet('USD', 'Travel')
  for (const amount of ['1000.00', '0.05']) await ada.deposit(wallet, amount, 'USD')
})
afterAll(() => running.stop())

/** The built command, with that environment beside ours. */
const command = (main: string, args: readonly string[]): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, LEDGER_DATABASE_URL: running.platform.databases.ledger }
    const child = spawn(process.execPath, [join(ROOT, main), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk
      })
    }
    child.once('close', (code) => resolve({ code, output }))
  })

const keySet = async (): Promise<{ keys: JsonWebKey[] }> =>
  (await (await fetch(new URL('/.well-known/jwks.json', running.platform.url))).json()) as { keys: JsonWebKey[] }

async function sealsOfWallet(): Promise<(Seal | null)[]> {
  const { account } = await ada.api.request<{
    account: { entries: { edges: { node: { transfer: { seal: Seal | null } } }[] } }
  }>(
    `query ($id: ID!) { account(id: $id) { entries(first: 100) { edges { node { transfer { seal { ${SEAL} } } } } } } }`,
    {
      id: wallet,
    },
  )
  return account.entries.edges.map(({ node }) => node.transfer.seal)
}

describe('a customer', () => {
  it('is given proofs of his transfers that hold without the platform’s own code', async () => {
    const seals = await vi.waitFor(async () => {
      const found = await sealsOfWallet()
      expect(found).toHaveLength(2)
      return found.map((seal) => seal ?? expect.fail('not sealed yet'))
    }, WAIT)
    const { keys } = await keySet()
    for (const seal of seals) {
      expect(failedSteps(seal, keys)).toEqual([])
      const changed = Buffer.from(seal.leaf, 'hex').toString('utf8').replace('"action":"CAPTURE"', '"action":"HOLD"')
      expect(failedSteps({ ...seal, leaf: Buffer.from(changed).toString('hex') }, keys)).toEqual(['leafHash'])
    }
  })

  it('downloads his statement once, and nobody else’s', async () => {
    const input = { ...ALWAYS, walletId: wallet, format: 'CSV' }
    const { requestDownload } = await ada.api.request<{ requestDownload: { url: string } }>(REQUEST, { input })
    const response = await fetch(requestDownload.url)
    expect(response.headers.get('content-type')).toMatch(/^text\/csv/)
    const lines = (await response.text()).trimEnd().split('\r\n')
    expect(lines).toHaveLength(5)
    expect(lines.at(-1)).toMatch(/,closing,.*,0\.00,1000\.05,1000\.05,,,$/)
    expect((await fetch(requestDownload.url)).status).toBe(404)
    expect((await stranger.send(REQUEST, { input })).errors).toMatchObject([{ code: 'NOT_FOUND' }])
    const everything = { input: { ...ALWAYS, format: 'HTML' } }
    expect((await ada.api.send(REQUEST, everything)).errors).toMatchObject([{ code: 'FORBIDDEN' }])
    const whole = await auditor.request<{ requestDownload: { url: string } }>(REQUEST, everything)
    expect(await (await fetch(whole.requestDownload.url)).text()).toMatch(/settlement\.sandbox USD.*<\/html>/s)
  })

  it('sees that the books hold, blocks included, and no detail', async () => {
    const { data, errors } = await ada.api.send<{ ledgerInvariants: { name: string; holds: boolean }[] }>(
      '{ ledgerInvariants { name holds checkedAt rowsChecked detail } }',
    )
    expect(data?.ledgerInvariants.filter(({ holds }) => !holds)).toEqual([])
    expect(data?.ledgerInvariants.map(({ name }) => name)).toContain('blocks_verify')
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['UNAUTHORIZED_FIELD_OR_TYPE']))
  })
})

describe('an auditor', () => {
  it('verifies an export with the keys and the head that he kept, and is told which transfer was changed', async () => {
    const { latestBlock } = await auditor.request<{ latestBlock: { blockHash: string } }>(
      '{ latestBlock { blockHash } }',
    )
    const [file, keys] = [join(running.dataDirectory, 'books.jsonl'), join(running.dataDirectory, 'keys.json')]
    writeFileSync(keys, JSON.stringify(await keySet()))
    expect(await command('packages/embedded/dist/ledger-export/main.js', [file])).toMatchObject({ code: 0 })
    const kept = ['--trusted-head', latestBlock.blockHash, '--keys', keys]
    const verified = await command('subgraphs/ledger/dist/verify/main.js', [file, ...kept])
    expect(verified.output).toMatch(/Verified.*of the keys in.*The trusted head is block/s)
    expect(verified.code).toBe(0)

    const text = readFileSync(file, 'utf8')
    const amount = '"amountMinor":"100000"'
    const [line = ''] = text.split('\n').filter((each) => each.includes(amount))
    const { id } = JSON.parse(line).transfer
    writeFileSync(file, text.replace(amount, '"amountMinor":"100001"'))
    const changed = await command('subgraphs/ledger/dist/verify/main.js', [file, ...kept])
    expect(changed.code).toBe(1)
    expect(changed.output).toContain(`Transfer ${id}, number`)
  })
})
