import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { generate } from './generate.ts'

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: resolve(import.meta.dirname, '../out') },
    'renew-before-days': { type: 'string', default: '30' },
    // name=path, the password in WSO2_TRUSTSTORE_PASSWORD.
    'product-truststore': { type: 'string', multiple: true, default: [] },
  },
})

try {
  const password = process.env.WSO2_TRUSTSTORE_PASSWORD ?? ''
  const productTruststores = values['product-truststore'].map((given) => {
    const [name = '', store = ''] = given.split('=')
    return { name, store, password }
  })
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
