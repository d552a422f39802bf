import { useEffect, useRef } from 'react'
import { Link, useLocation } from 'wouter'
import { PAGE_GROUPS } from '../pages/index.ts'
import { useSession } from '../session/context.tsx'

/** Leads to what the user's scopes open; what they do not is not shown. */
export function Navigation() {
  const scopes = useSession().signedIn?.scopes ?? new Set()
  const groups = PAGE_GROUPS.map(({ name, pages }) => ({
    name,
    pages: pages.flatMap(({ path, label, scope }) => (label !== null && scopes.has(scope) ? [{ path, label }] : [])),
  })).filter(({ pages }) => pages.length > 0)
  const here = currentOf(
    groups.flatMap(({ pages }) => pages.map(({ path }) => path)),
    useLocation()[0],
  )
  return (
    <nav className="nav" aria-label="Pages">
      {groups.map(({ name, pages }) => (
        <section key={name} aria-label={name}>
          <p aria-hidden="true">{name}</p>
          <ul>
            {pages.map(({ path, label }) => (
              <li key={path}>
                <NavLink path={path} label={label} isHere={path === here} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  )
}

/** Of the pages that `location` is, or is below of, the nearest: only one is current. */
function currentOf(paths: readonly string[], location: string): string | undefined {
  const above = paths.filter((path) => location === path || location.startsWith(`${path}/`))
  return above.toSorted((a, b) => b.length - a.length)[0]
}

function NavLink({ path, label, isHere }: { path: string; label: string; isHere: boolean }) {
  const link = useRef<HTMLAnchorElement>(null)
  // On a narrow screen the navigation is wider than it: where one is stays in sight.
  useEffect(() => {
    if (isHere) link.current?.scrollIntoView({ inline: 'center', block: 'nearest' })
  }, [isHere])
  return (
    <Link href={path} ref={link} aria-current={isHere ? 'page' : undefined}>
      {label}
    </Link>
  )
}
