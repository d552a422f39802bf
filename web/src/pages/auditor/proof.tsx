import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Badge, DateTime } from '../../ui/values.tsx'
import { checkSeal, recordOf, type Step } from './check-seal.ts'
import type { Transfer } from './transfer.tsx'

type Outcome = { readonly steps: readonly Step[] } | { readonly problem: string } | null

/** Checks the seal in this browser: neither the ledger nor its database has to be trusted. */
export function Proof({ transfer, onReload }: { transfer: Transfer; onReload: () => void }) {
  const [outcome, setOutcome] = useState<Outcome>(null)
  const [busy, setBusy] = useState(false)
  const { seal } = transfer
  const check = async (): Promise<void> => {
    if (!seal) return
    setBusy(true)
    setOutcome(await outcomeOf(transfer, seal))
    setBusy(false)
  }
  return (
    <section className="stack section" aria-labelledby="proof">
      <h2 id="proof">Proof</h2>
      {seal ? (
        <>
          <p className="quiet">
            Sealed <DateTime at={seal.sealedAt} /> in block {seal.block}. Your browser computes every hash again and
            checks the signature by itself.
          </p>
          <p>
            <Button kind="primary" busy={busy} onClick={() => void check()}>
              Check the proof here
            </Button>
          </p>
          <div role="status">{outcome && <Result outcome={outcome} />}</div>
          <details>
            <summary>The sealed record</summary>
            <pre className="json">{recordOf(seal)}</pre>
          </details>
        </>
      ) : (
        <p className="row">
          Not sealed yet: that takes about a second. <Button onClick={onReload}>Look again</Button>
        </p>
      )}
    </section>
  )
}

async function outcomeOf({ id, journalId }: Transfer, seal: NonNullable<Transfer['seal']>): Promise<Outcome> {
  try {
    const reply = await fetch('/.well-known/jwks.json')
    if (!reply.ok) return { problem: "The sealer's public keys could not be read. Try again in a moment." }
    const { keys }: { keys: JsonWebKey[] } = await reply.json()
    return { steps: await checkSeal(seal, { shown: { id, journalId }, keys }) }
  } catch {
    return { problem: 'The proof could not be checked here. Try again, or use npm run ledger:verify.' }
  }
}

function Result({ outcome }: { outcome: NonNullable<Outcome> }) {
  if ('problem' in outcome) return <p className="notice bad">{outcome.problem}</p>
  const { steps } = outcome
  const broken = steps.some(({ holds }) => holds === false)
  const untold = steps.some(({ holds }) => holds === null)
  return (
    <div className="stack tight">
      <p className={broken ? 'notice bad' : untold ? 'notice warn' : 'notice good'}>
        <strong>{verdict({ broken, untold })}</strong>
      </p>
      <ul className="plain stack tight">
        {steps.map(({ claim, holds }) => (
          <li key={claim} className="row">
            <Badge tone={holds === null ? 'warn' : holds ? 'good' : 'bad'}>
              {holds === null ? 'Not checked' : holds ? 'Holds' : 'Does not hold'}
            </Badge>
            {claim}
          </li>
        ))}
      </ul>
    </div>
  )
}

function verdict({ broken, untold }: { broken: boolean; untold: boolean }): string {
  if (broken) return 'This transfer is not proven: the books may have been changed.'
  return untold
    ? 'Everything holds but the signature, which this browser cannot check.'
    : 'This transfer is in the books, as it is shown here.'
}
