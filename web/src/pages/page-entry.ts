import type { ComponentType } from 'react'

/** A page of the app, loaded when it is first opened. */
export interface PageEntry {
  /** As wouter has it: `/payments/:id`. Parameters reach the page as properties. */
  readonly path: string
  /** What the navigation calls it; null for a page that others lead to. */
  readonly label: string | null
  /** The scope without which there is nothing to see on it. */
  readonly scope: string
  readonly load: () => Promise<{ default: ComponentType<Readonly<Record<string, string>>> }>
}

/** Pages under one heading of the navigation. */
export interface PageGroup {
  readonly name: string
  readonly pages: readonly PageEntry[]
}
