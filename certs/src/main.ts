import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { generate } from './generate.ts'

const USAGE = `npm run certs -- [--folder <folder>] [--renew-before-days <days>]
                 [--product-truststore <store> … --product-truststore-password-file <file>]`

/** Of the command line; undefined when it is not one of ours. */
function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        folder: { type: 'string', default: resolve(import.meta.dirname, '../out') },
        'renew-before-days': { type: 'string', default: '30' },
        'product-truststore-password-file': { type: 'string', default: '' },
        'product-truststore': { type: 'string', multiple: true, default: [] },
      },
    })
    return values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    return undefined
  }
}

function main(): number {
  const values = readArguments()
  if (values === undefined) return 2
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
    return 0
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 1
  }
}

process.exitCode = main()
