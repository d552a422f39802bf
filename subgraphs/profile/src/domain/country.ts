const CODE = /^[A-Z]{2}$/
/** Names that CLDR gives to what is no country: outlying groups, unions, tests, and the unknown. */
const NO_COUNTRIES = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ'])
const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })

/** Whether this is a country of ISO 3166-1 alpha-2, as CLDR knows them. */
export const isCountry = (code: string): boolean =>
  CODE.test(code) && !NO_COUNTRIES.has(code) && names.of(code) !== undefined
