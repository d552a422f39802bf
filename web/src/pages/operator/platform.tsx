import { useCallback, useEffect, useState } from 'react'
import { useServices } from '../../session/context.tsx'
import { Button } from '../../ui/button.tsx'
import { browserLocale } from '../../ui/format.ts'
import { Empty, Loading, PageHead } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { DateTime } from '../../ui/values.tsx'
import { plainWords } from '../../ui/words.ts'

interface Dependency {
  readonly name: string
  readonly ok: boolean
  readonly degraded?: boolean
  readonly latencyMs: number
  readonly detail?: string
}

interface Part {
  readonly name: string
  readonly state: string
  readonly dependencies: readonly Dependency[]
}

interface Figure {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly attributes: Readonly<Record<string, string>>
}

interface PlatformStatus {
  readonly state: string
  readonly at: string
  readonly parts: readonly Part[]
  readonly figures: readonly Figure[]
}

const STATE = {
  up: { text: 'Up', tone: 'good' },
  degraded: { text: 'Degraded', tone: 'warn' },
  down: { text: 'Down', tone: 'bad' },
} as const

const REFRESH_MS = 10_000

/** Every part of the platform with what it needs, and the figures to look at first. */
export default function PlatformPage() {
  const { status, problem, reload } = useStatus()
  return (
    <>
      <PageHead
        title="Platform"
        lead="Every part, what it needs, and the figures to look at first. Read every ten seconds."
      >
        <Button onClick={reload}>Refresh</Button>
      </PageHead>
      {problem && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
      {!status && !problem && <Loading />}
      {status && (
        <div className="stack">
          <p className="row">
            <Status words={STATE} state={status.state} />
            <DateTime at={status.at} show="time" />
          </p>
          <section className="stack section" aria-labelledby="parts">
            <h2 id="parts">Parts</h2>
            <Table caption="Parts of the platform" columns={PARTS} rows={status.parts} keyOf={({ name }) => name} />
          </section>
          <section className="stack section" aria-labelledby="figures">
            <h2 id="figures">Figures</h2>
            {status.figures.length === 0 ? (
              <Empty title="No part tells of its figures." />
            ) : (
              <Table caption="Figures" columns={FIGURES} rows={status.figures} keyOf={keyOfFigure} />
            )}
          </section>
        </div>
      )}
    </>
  )
}

function useStatus() {
  const { session } = useServices()
  const [status, setStatus] = useState<PlatformStatus | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const reload = useCallback(async (): Promise<void> => {
    try {
      const token = await session.accessToken()
      const headers = { accept: 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) }
      const reply = await fetch('/status', { headers })
      if (reply.ok) setStatus(await reply.json())
      setProblem(reply.ok ? null : 'The state of the platform cannot be read. Sign in again, or try once more.')
    } catch {
      setProblem('The platform does not answer. What is shown is what was last known.')
    }
  }, [session])
  useEffect(() => {
    void reload()
    const timer = setInterval(() => void reload(), REFRESH_MS)
    return () => clearInterval(timer)
  }, [reload])
  return { status, problem, reload: () => void reload() }
}

const PARTS: readonly Column<Part>[] = [
  { head: 'Part', cell: ({ name }) => <strong>{name}</strong> },
  { head: 'State', cell: ({ state }) => <Status words={STATE} state={state} /> },
  {
    head: 'Needs',
    cell: ({ dependencies }) => (
      <ul>
        {dependencies.map(({ name, ok, degraded, latencyMs, detail }) => (
          <li key={name}>
            {name}: {ok ? (degraded ? 'degraded' : 'up') : 'down'}, {latencyMs} ms
            {detail && <span className="quiet"> ({detail})</span>}
          </li>
        ))}
      </ul>
    ),
  },
]

const keyOfFigure = ({ name, attributes }: Figure): string => `${name} ${JSON.stringify(attributes)}`

const FIGURES: readonly Column<Figure>[] = [
  { head: 'Figure', cell: ({ name }) => plainWords(name.replaceAll('.', ' ')) },
  { head: 'Of', cell: ({ attributes }) => Object.values(attributes).join(' ') },
  { head: 'Value', end: true, cell: (figure) => <span className="numeric">{shown(figure)}</span> },
]

const shown = ({ value, unit }: Figure): string => {
  const text = new Intl.NumberFormat(browserLocale(), { maximumFractionDigits: 3 }).format(value)
  return unit === 's' ? `${text} s` : text
}
