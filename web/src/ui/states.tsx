import { type ReactNode, useContext, useEffect, useRef } from 'react'
import type { CombinedError } from 'urql'
import { type Problem, problemIn } from '../api/errors.ts'
import { ServicesContext } from '../session/context.tsx'

/** The head of a page: names it in the tab, and takes the focus when the page opens by a link. */
export function PageHead({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Corridor`
  }, [title])
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <header className="page-head">
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead && <p className="quiet">{lead}</p>}
      </div>
      {children && <div className="row">{children}</div>}
    </header>
  )
}

export function Loading({ what = 'Loading' }: { what?: string }) {
  return (
    <div className="loading" role="status">
      <span className="visually-hidden">{what}…</span>
      <i />
      <i />
      <i />
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** What went wrong and what to do next. The trace id is for whoever is asked for help. */
export function ProblemNotice({ problem, onRetry }: { problem: Problem; onRetry?: (() => void) | undefined }) {
  const notice = useRef<HTMLDivElement>(null)
  useEffect(() => notice.current?.scrollIntoView({ block: 'nearest' }), [])
  return (
    <div className="notice bad" role="alert" ref={notice}>
      <p>
        <strong>{problem.says}</strong>
      </p>
      {problem.detail && <p>{problem.detail}</p>}
      <p>{problem.next}</p>
      {problem.traceId && (
        <p className="small quiet">
          For support: <Trace id={problem.traceId} />
        </p>
      )}
      {onRetry && (
        <p>
          <button type="button" className="button" onClick={onRetry}>
            Try again
          </button>
        </p>
      )}
    </div>
  )
}

const LOOK_INTO_TRACES = ['payments:review', 'audit:read']

/** Where the platform keeps its traces, it is a link for those who look into them. */
function Trace({ id }: { id: string }) {
  const services = useContext(ServicesContext)
  const url = services?.config.traceUrl?.replace('{traceId}', id)
  const may = LOOK_INTO_TRACES.some((scope) => services?.session.signedIn?.scopes.has(scope))
  if (url === undefined || !may) return <span className="mono">{id}</span>
  return (
    <a className="mono" href={url}>
      {id}
    </a>
  )
}

/** What a query shows before its data is there; null when the data can be shown. */
export function Waiting({
  error,
  hasData,
  onRetry,
}: {
  error: CombinedError | undefined
  hasData: boolean
  onRetry?: () => void
}) {
  if (error) return <ProblemNotice problem={problemIn(error)} onRetry={onRetry} />
  return hasData ? null : <Loading />
}
