import { graphql } from '../../api/graphql.ts'
import { useServices } from '../../session/context.tsx'
import { Button } from '../../ui/button.tsx'
import { ProblemNotice } from '../../ui/states.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'
import type { RuleSet } from './rule-set.tsx'

const ACTIVATE = graphql(`
  mutation ActivateRuleSet($name: String!, $version: Int!) {
    activateRuleSet(name: $name, version: $version) { name version status proposedBy }
  }
`)

const SHADOW = graphql(`
  mutation ShadowRuleSet($name: String!, $version: Int) {
    shadowRuleSet(name: $name, version: $version) { name version shadow }
  }
`)

/** Runs a version as a shadow, and makes it the one that decides; where two must agree, by somebody else's word. */
export function LifeCycle({ ruleSet, onChange }: { ruleSet: RuleSet; onChange: () => void }) {
  const { name, version, status, shadow, proposedBy } = ruleSet
  const me = useServices().session.signedIn?.userId
  const activate = useAction(ACTIVATE)
  const shade = useAction(SHADOW)
  const say = useSay()
  if (status === 'ACTIVE') return null
  const problem = activate.problem ?? shade.problem
  const confirm = async (): Promise<void> => {
    const done = await activate.run({ name, version })
    if (!done) return
    const isActive = done.activateRuleSet.status === 'ACTIVE'
    say(isActive ? 'This version decides from now on.' : 'Proposed: somebody else must activate it.')
    onChange()
  }
  const toggle = async (): Promise<void> => {
    if (!(await shade.run({ name, version: shadow ? null : version }))) return
    say(shadow ? 'It no longer runs as a shadow.' : 'It runs as a shadow from now on.')
    onChange()
  }
  return (
    <section className="card stack" aria-label="Life cycle">
      {proposedBy !== null && (
        <p className="quiet">
          {proposedBy === me
            ? 'You have proposed this version: somebody else must activate it.'
            : 'Proposed for activation.'}
        </p>
      )}
      <div className="row">
        <Button busy={shade.busy} onClick={() => void toggle()}>
          {shadow ? 'Stop the shadow' : 'Run as a shadow'}
        </Button>
        {proposedBy !== me && (
          <Button kind="primary" busy={activate.busy} onClick={() => void confirm()}>
            Activate
          </Button>
        )}
      </div>
      {problem && <ProblemNotice problem={problem} />}
    </section>
  )
}
