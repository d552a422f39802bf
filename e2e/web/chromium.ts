import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/**
 * The machine's own Chromium, without a window.
 *
 * @throws Error that says how to install it when there is none.
 */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    // Without a sandbox only where it cannot have one: as root. What it loads is the platform under test alone.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
}

function chromiumPath(): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const paths = process.env.CHROMIUM
    ? [process.env.CHROMIUM]
    : folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))
  const found = paths.find(isExecutable)
  if (found !== undefined) return found
  throw new Error(
    'The tests of the web app need Chromium and there is none: apt-get install chromium, or say where it is in CHROMIUM.',
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not there, or not to be run: the next one may be.
    return false
  }
}
