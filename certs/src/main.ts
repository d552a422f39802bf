import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { generate } from './generate.ts'

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: resolve(import.meta.dirname, '../out') },
    'renew-before-days': { type: 'string', default: '30' },
    'product-truststore-password-file': { type: 'string', default: '' },
    'product-truststore': { type: 'string', multiple: true, default: [] },
  },
})

try {
  const passwordFile = values['product-truststore-password-file']
  const productTruststores = values['product-truststore'].map((store) => ({ store, passwordFile }))
  const made = generate({
    folder: values.folder,
    now: new Date(),
    renewBeforeDays: Number(values['renew-before-days']),
    productTruststores,
  })
  console.log(made.length === 0 ? 'All certificates are good.' : `Made: ${made.join(', ')}`)
  console.log(`They are in ${values.folder}; trust ${values.folder}/ca.pem where you call from.`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
