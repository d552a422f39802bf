import { Component, type ReactNode } from 'react'
import { problemOf } from '../api/errors.ts'
import { ProblemNotice } from '../ui/states.tsx'

/** A page that fails, or whose code cannot be loaded, leaves the rest standing. */
export class PageBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children
    return <ProblemNotice problem={problemOf('INTERNAL_SERVER_ERROR')} onRetry={() => location.reload()} />
  }
}
