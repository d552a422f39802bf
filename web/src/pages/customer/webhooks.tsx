import { useState } from 'react'
import { useQuery } from 'urql'
import { graphql, type ResultOf } from '../../api/graphql.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Empty, PageHead, ProblemNotice, Waiting } from '../../ui/states.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import { RegisterWebhook } from './register-webhook.tsx'
import { WebhookDeliveries } from './webhook-deliveries.tsx'

const WEBHOOKS = graphql(`
  query Webhooks {
    webhooks { id url events }
  }
`)

const DELETE_WEBHOOK = graphql(`
  mutation DeleteWebhook($id: ID!) {
    deleteWebhook(id: $id)
  }
`)

type Webhook = ResultOf<typeof WEBHOOKS>['webhooks'][number]

export default function Webhooks() {
  const [{ data, error }, reload] = useQuery({ query: WEBHOOKS })
  const [adding, setAdding] = useState(false)
  const anew = (): void => reload({ requestPolicy: 'network-only' })
  const hooks = data?.webhooks ?? []
  return (
    <>
      <PageHead title="Webhooks" lead="Addresses of your own that are told what becomes of your payments.">
        <Button onClick={() => setAdding(true)}>Add a webhook</Button>
      </PageHead>
      <Waiting error={error} hasData={data !== undefined} onRetry={reload} />
      {data && hooks.length === 0 && (
        <Empty title="No webhooks yet">
          <p>With one, your systems hear of a payment the moment it changes.</p>
        </Empty>
      )}
      <div className="stack">
        {hooks.map((hook) => (
          <WebhookCard key={hook.id} hook={hook} onChange={anew} />
        ))}
      </div>
      {adding && (
        <RegisterWebhook
          onClose={() => {
            setAdding(false)
            anew()
          }}
        />
      )}
    </>
  )
}

function WebhookCard({ hook: { id, url, events }, onChange }: { hook: Webhook; onChange: () => void }) {
  const [removing, setRemoving] = useState(false)
  const [showing, setShowing] = useState(false)
  return (
    <article className="card stack" aria-label={url}>
      <h2 className="mono">{url}</h2>
      <p className="quiet small">{events.length === 0 ? 'Told of everything' : events.join(', ')}</p>
      <div className="row">
        <Button aria-expanded={showing} onClick={() => setShowing(!showing)}>
          {showing ? 'Hide deliveries' : 'Show deliveries'}
        </Button>
        <Button kind="danger" onClick={() => setRemoving(true)}>
          Remove
        </Button>
      </div>
      {showing && <WebhookDeliveries webhookId={id} />}
      {removing && (
        <RemoveWebhook
          id={id}
          url={url}
          onClose={() => {
            setRemoving(false)
            onChange()
          }}
        />
      )}
    </article>
  )
}

function RemoveWebhook({ id, url, onClose }: { id: string; url: string; onClose: () => void }) {
  const { run, busy, problem } = useAction(DELETE_WEBHOOK)
  const say = useSay()
  const confirm = async (): Promise<void> => {
    if (!(await run({ id }))) return
    say('The webhook is removed.')
    onClose()
  }
  return (
    <Dialog title="Remove this webhook?" onClose={onClose}>
      <div className="body">
        <p className="mono">{url}</p>
        <p>It is told nothing more from now on.</p>
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Keep
          </Button>
          <Button kind="danger" busy={busy} onClick={() => void confirm()}>
            Remove
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
