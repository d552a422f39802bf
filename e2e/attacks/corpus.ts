import type { Attack } from './attack.ts'
import { documents, sizes, strings } from './document-attacks.ts'
import { bodies, requests } from './request-attacks.ts'

/** Every attack over HTTP. */
export const httpAttacks = (): Attack[] => [...sizes(), ...documents(), ...strings(), ...bodies(), ...requests()]
