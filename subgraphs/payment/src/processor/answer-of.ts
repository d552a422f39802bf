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
 * answered now or was told before: its money goes to suspense, once, and somebody has to look.
 */
export async function answerOf(
  {
    clock,
    logger,
    movedOtherwise,
    openAskedItem,
  }: Pick<ProcessDeps, 'clock' | 'logger' | 'movedOtherwise' | 'openAskedItem'>,
  provider: FundingProvider,
  { asked, of: paymentId }: About,
): Promise<ProviderOutcome | 'OPEN' | null> {
  const answer = await provider.outcomeOf(asked)
  if (answer === 'FAILED' || answer === 'OPEN') return answer
  const { paymentId: subjectId, kind } = asked
  const about = { [kind === 'REFUND' ? 'refund' : 'payment']: subjectId, provider: provider.name }
  if (answer === null) {
    logger.error(about, 'a provider does not know what became of a payment or refund')
    return null
  }
  const posting = unexplained(provider.name, kind === 'DEPOSIT')
  const { amountMinor, currency } = answer
  const expected = amountMinor === asked.amountMinor && currency === asked.currency
  if (expected && !(await movedOtherwise(paymentId, posting))) return 'SETTLED'
  logger.error(about, 'a provider moved another amount')
  if (!expected && amountMinor !== null && amountMinor > 0n) {
    const openedAt = clock.now()
    await openAskedItem({ subjectId, provider: provider.name, paymentId, amountMinor, currency, ...posting, openedAt })
  }
  return null
}
