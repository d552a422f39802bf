import { useQuery } from 'urql'
import { graphql } from '../../api/graphql.ts'
import { Waiting } from '../../ui/states.tsx'

const DECISION_TRACE = graphql(`
  query DecisionTrace($id: ID!) {
    ruleDecision(id: $id) {
      id
      inputs
      trace
      reasons { code ruleSetName ruleSetVersion }
    }
  }
`)

/** What a decision was made on, and every step of the rules to it. For staff. */
export default function DecisionTrace({ id }: { id: string }) {
  const [{ data, error }, reload] = useQuery({ query: DECISION_TRACE, variables: { id } })
  const decision = data?.ruleDecision
  if (!decision) return <Waiting error={error} hasData={false} onRetry={reload} />
  return (
    <div className="stack tight">
      {decision.reasons.map(({ code, ruleSetName, ruleSetVersion }) => (
        <p key={code}>
          <code>{code}</code> by {ruleSetName}, version {ruleSetVersion}
        </p>
      ))}
      <Json title="What it was decided on" value={decision.inputs} />
      <Json title="Every step" value={decision.trace} />
    </div>
  )
}

function Json({ title, value }: { title: string; value: unknown }) {
  return (
    <details>
      <summary>{title}</summary>
      {/* A field, so that the keyboard reaches it to scroll. */}
      <textarea className="json mono" aria-label={title} readOnly rows={14} value={JSON.stringify(value, null, 2)} />
    </details>
  )
}
