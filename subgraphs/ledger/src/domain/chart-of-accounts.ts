import { uuidv5 } from '@corridor/platform'

/**
 * The chart of accounts. A balance is credits less debits on every account, signed: `fx.position` is the house's
 * position (positive long, negative owed), `settlement.<provider>` what a provider holds for us, as a negative number.
 */
export const CUSTOMER_WALLET = 'customer.wallet'

const HOUSE_CODES = /^(fx\.position|income\.fees|(settlement|suspense)\.[a-z][a-z0-9-]{0,30})$/
const HOUSE_NAMESPACE = '6c1f2a52-4ad4-5d0a-9f0e-0d9f4a1e7c11'

/** Whether `code` names an account of the house, one per currency, made when it is first used. */
export const isHouseCode = (code: string): boolean => HOUSE_CODES.test(code)

/** The id that a house account has in every installation. */
export const houseAccountId = (code: string, currency: string): string => uuidv5(`${code}:${currency}`, HOUSE_NAMESPACE)

/** A customer's account may not go below zero; the house's have no floor. */
export const floorOf = (code: string): bigint | null => (code === CUSTOMER_WALLET ? 0n : null)
