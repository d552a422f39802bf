import { ANONYMOUS } from '@corridor/platform'
import type { RouterContext } from '../src/context.ts'

/** Of an operation of nobody, with all the time there is. */
export const ANONYMOUS_CONTEXT: RouterContext = {
  caller: ANONYMOUS,
  trace: { traceId: '0'.repeat(32), traceparent: '', tracestate: null, span: null },
  idempotencyKey: null,
  deadlineMs: Number.POSITIVE_INFINITY,
}
