/** The two products that are provisioned. */
export type Product = 'API Manager' | 'Identity Server'

export interface ProductErrorDetails {
  readonly product: Product
  readonly operation: string
  /** Of HTTP; 0 when there was no answer. */
  readonly status: number
  /** The product's own code, such as `900967`, `APP-60001` or `invalid_grant`; empty when it gave none. */
  readonly code: string
  readonly message: string
}

/** A product refused a request, or could not be reached. The message ends in what to do about it, where that is known. */
export class ProductError extends Error {
  override readonly name = 'ProductError'
  readonly status: number
  readonly code: string

  constructor(details: ProductErrorDetails, options?: ErrorOptions) {
    const code = details.code === '' ? '' : ` ${details.code}`
    const status = details.status === 0 ? '' : ` (${details.status}${code})`
    const remedy = remedyFor(details)
    super(
      `${details.product}: ${details.operation}${status}: ${details.message}${remedy ? `\n  Remedy: ${remedy}` : ''}`,
      options,
    )
    this.status = details.status
    this.code = details.code
  }
}

/** By the product's code, else by the status. docs/wso2/troubleshooting.md explains each at length. */
const REMEDIES: Readonly<Record<string, string>> = {
  '900908': 'The application is not subscribed to the API: npm run wso2 -- create-app <name>.',
  '900910': 'The token lacks a scope of the operation: ask for it, and give the user a role that has it.',
  '900967':
    'A key manager that is enabled cannot be reached from API Manager: see that Identity Server is ready (npm run wso2 -- health) and that its host name in the certificate is the one in WSO2_IS_INTERNAL_URL.',
  '901401': 'A property that the key manager needs is missing: npm run wso2 -- setup-key-manager writes all of them.',
  '901403': 'The resident key manager is disabled: API Manager needs it for its own portals. Enable it again.',
  '901409': 'An earlier key generation left its mapping behind: npm run wso2 -- create-app <name> --replace-keys.',
  '901411': 'The resident key manager is disabled: API Manager needs it for its own portals. Enable it again.',
  invalid_client: 'The consumer key or secret is wrong: npm run wso2 -- create-app <name> writes them anew.',
  invalid_grant: 'The user name, password, code or assertion was refused. A code or an assertion can be used once.',
  unauthorized_client: 'The application may not use this grant: npm run wso2 -- create-app <name> --grants <grant>,...',
  CERTIFICATE: 'Its certificate is not of the authority in WSO2_CA_FILE: npm run certs, and restart the product.',
  UNREACHABLE: 'It is not there or not ready yet: npm run wso2 -- health.',
  401: 'The administrator was refused: WSO2_ADMIN_USERNAME and WSO2_ADMIN_PASSWORD (WSO2_IS_ADMIN_… for Identity Server).',
  403: 'The administrator lacks a permission for this.',
}

const remedyFor = ({ code, status }: ProductErrorDetails): string | undefined => REMEDIES[code] ?? REMEDIES[status]
