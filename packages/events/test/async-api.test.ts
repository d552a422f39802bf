import { randomUUID } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { asyncApiDocument, dataSchemaOf, EVENTS, TOPICS, toCloudEvent } from '../src/index.ts'

describe('the AsyncAPI document', () => {
  it('is what the schemas of events say: npx vitest run packages/events -u writes it', async () => {
    const document = stringify(asyncApiDocument(), { aliasDuplicateObjects: false, lineWidth: 120 })
    const head = '# Made from packages/events/src/catalogue.ts, and held to it by a test.\n'
    await expect(`${head}${document}`).toMatchFileSnapshot('../../../docs/asyncapi.yaml')
  })

  it('has every topic, and an event in each', () => {
    const told = new Set<string>(Object.values(EVENTS).map(({ topic }) => topic))
    expect([...told].sort()).toEqual([...TOPICS].sort())
  })

  it('describes messages as they are written', () => {
    const { components } = asyncApiDocument() as { components: { messages: Record<string, { payload: object }> } }
    const payload = components.messages['wallet.opened.v1']?.payload ?? {}
    const accepts = new Ajv2020({ strict: false, validateFormats: false }).compile(payload)
    const event = {
      id: randomUUID(),
      topic: 'wallet.events' as const,
      key: randomUUID(),
      type: 'wallet.opened',
      data: { walletId: randomUUID(), owner: randomUUID(), currency: 'USD', status: 'ACTIVE' },
      occurredAt: new Date(),
      traceparent: null,
    }
    expect(accepts(JSON.parse(toCloudEvent(event)))).toBe(true)
    expect(accepts(JSON.parse(toCloudEvent({ ...event, data: { ...event.data, added: 1 } })))).toBe(true)
    const { status: _, ...lacking } = event.data
    expect(accepts(JSON.parse(toCloudEvent({ ...event, data: lacking })))).toBe(false)
  })

  it('has a schema that compiles for every event', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    for (const event of Object.values(EVENTS)) expect(ajv.validateSchema(dataSchemaOf(event))).toBe(true)
  })
})
