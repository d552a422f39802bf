import { type FormEvent, useState } from 'react'
import { graphql, type VariablesOf } from '../../api/graphql.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField, TextField } from '../../ui/fields.tsx'
import { ProblemNotice } from '../../ui/states.tsx'
import { useSay } from '../../ui/toasts.tsx'
import { useAction } from '../../ui/use-action.ts'

const REQUEST_DOWNLOAD = graphql(`
  mutation RequestDownload($input: DownloadInput!) {
    requestDownload(input: $input) { url expiresAt }
  }
`)

type Format = VariablesOf<typeof REQUEST_DOWNLOAD>['input']['format']
const FORMATS: Readonly<Record<Format, string>> = {
  HTML: 'To read and print (HTML)',
  CSV: 'For a spreadsheet (CSV)',
  JSON_LINES: 'For programs (JSON lines)',
}
const isFormat = (value: string): value is Format => value in FORMATS

const day = (date: Date): string => date.toLocaleDateString('sv-SE') // Year, month, day, as date fields have it.

function monthToDate(): { from: string; to: string } {
  const now = new Date()
  return { from: day(new Date(now.getFullYear(), now.getMonth(), 1)), to: day(now) }
}

/** Downloads a wallet's statement of some days, both included. */
export function Statement({ walletId, name, onClose }: { walletId: string; name: string; onClose: () => void }) {
  const [{ from, to }, setDays] = useState(monthToDate)
  const [format, setFormat] = useState<Format>('HTML')
  const { run, busy, problem } = useAction(REQUEST_DOWNLOAD)
  const say = useSay()
  const isBackwards = from > to

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (isBackwards) return
    const end = new Date(`${to}T00:00`)
    end.setDate(end.getDate() + 1)
    const between = { from: new Date(`${from}T00:00`).toISOString(), to: end.toISOString() }
    const done = await run({ input: { walletId, format, ...between } })
    if (!done) return
    download(done.requestDownload.url)
    say('The statement is being downloaded.')
    onClose()
  }

  return (
    <Dialog title={`Statement · ${name}`} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <TextField
          label="From"
          type="date"
          required
          value={from}
          onChange={(event) => setDays({ from: event.target.value, to })}
        />
        <TextField
          label="To, included"
          type="date"
          required
          value={to}
          problem={isBackwards ? 'The end is before the start.' : null}
          onChange={(event) => setDays({ from, to: event.target.value })}
        />
        <SelectField
          label="Format"
          value={format}
          onChange={(event) => isFormat(event.target.value) && setFormat(event.target.value)}
        >
          {Object.entries(FORMATS).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        {problem && <ProblemNotice problem={problem} />}
        <div className="actions">
          <Button kind="plain" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" busy={busy}>
            Download
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** Its address works once: it is opened, and kept nowhere. */
function download(url: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = ''
  link.click()
}
