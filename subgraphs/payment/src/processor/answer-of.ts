import type { ProviderOutcome } from '../domain/payment.ts'
import { unexplained } from '../domain/provider-word.ts'
import type { FundingProvider } from '../providers/funding-provider.ts'
import type { ProcessDeps } from './processed.ts'

interface About {
  readonly asked: Parameters<FundingProvider['outcomeOf']>[0]
  /** The payment itself, or that of the refund that is asked after. */
  readonly of: string
}

/**
 * Asks a provider what became of a payment or refund; null: nobody knows. Another amount never does, whether it is
 * answered now or was told before: its money goes to suspense by the provider's callback, and somebody has to look.
 */
export async function answerOf(
  { logger, movedOtherwise }: Pick<ProcessDeps, 'logger' | 'movedOtherwise'>,
  provider: FundingProvider,
  { asked, of }: About,
): Promise<ProviderOutcome | 'OPEN' | null> {
  const answer = await provider.outcomeOf(asked)
  if (answer === 'FAILED' || answer === 'OPEN') return answer
  const { paymentId, kind, amountMinor, currency } = asked
  const about = { [kind === 'REFUND' ? 'refund' : 'payment']: paymentId, provider: provider.name }
  if (answer === null) {
    logger.error(about, 'a provider does not know what became of a payment or refund')
    return null
  }
  const expected = answer.amountMinor === amountMinor && answer.currency === currency
  if (expected && !(await movedOtherwise(of, unexplained(provider.name, kind === 'DEPOSIT')))) return 'SETTLED'
  logger.error(about, 'a provider moved another amount')
  return null
}
