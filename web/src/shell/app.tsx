import { type ComponentType, lazy, Suspense, useMemo, useState } from 'react'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import { PAGE_GROUPS } from '../pages/index.ts'
import { useSession } from '../session/context.tsx'
import { Button } from '../ui/button.tsx'
import { Empty, Loading, PageHead } from '../ui/states.tsx'
import { ThemeSwitch } from '../ui/theme.tsx'
import { Toasts, useSay } from '../ui/toasts.tsx'
import { ConnectionBanner } from './connection-banner.tsx'
import { Navigation } from './navigation.tsx'
import { PageBoundary } from './page-boundary.tsx'
import { SessionEnded } from './session-ended.tsx'
import { Welcome } from './welcome.tsx'

const ROUTES = PAGE_GROUPS.flatMap(({ pages }) => pages).map(({ path, label, scope, load }) => ({
  path,
  label,
  scope,
  Page: lazy(load),
}))

const Register = lazy(() => import('../pages/register.tsx'))

export function App() {
  const { signedIn } = useSession()
  return (
    <Toasts>
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <div className="banners">
        <ConnectionBanner />
      </div>
      <div className={signedIn ? 'shell signed-in' : 'shell'}>
        <header className="top">
          <Link className="brand" href="/">
            <img src="/icon.svg" alt="" />
            Corridor
          </Link>
          <div className="row person">
            <ThemeSwitch />
            {signedIn && <span className="small quiet name">{signedIn.name}</span>}
            {signedIn && <SignOut />}
          </div>
        </header>
        {signedIn && <Navigation />}
        <main className="main" id="content" tabIndex={-1}>
          {signedIn ? <Pages scopes={signedIn.scopes} /> : <PublicPages />}
        </main>
      </div>
      <SessionEnded />
    </Toasts>
  )
}

function SignOut() {
  const { session } = useSession()
  const [busy, setBusy] = useState(false)
  const say = useSay()
  const leave = (): void => {
    setBusy(true)
    session.signOut().catch(() => say('You are signed out here, but the sign-in service could not be told.'))
  }
  return (
    <Button kind="plain" busy={busy} onClick={leave}>
      Sign out
    </Button>
  )
}

/** What there is to see without a session. */
function PublicPages() {
  return (
    <PageBoundary>
      <Suspense fallback={<Loading />}>
        <Switch>
          <Route path="/register" component={Register} />
          <Route>
            <Welcome />
          </Route>
        </Switch>
      </Suspense>
    </PageBoundary>
  )
}

function Pages({ scopes }: { scopes: ReadonlySet<string> }) {
  const open = useMemo(() => ROUTES.filter(({ scope }) => scopes.has(scope)), [scopes])
  const home = open.find(({ label }) => label !== null)
  const [path] = useLocation()
  return (
    <PageBoundary key={path}>
      <Suspense fallback={<Loading />}>
        <Switch>
          {open.map(({ path, Page }) => (
            <Route key={path} path={path}>
              {(params) => <PageOf Page={Page} params={params} />}
            </Route>
          ))}
          {home && (
            <Route path="/">
              <Redirect to={home.path} replace />
            </Route>
          )}
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Suspense>
    </PageBoundary>
  )
}

/** A page is made anew for other parameters: what it holds belongs to what it shows. */
function PageOf({
  Page,
  params,
}: {
  Page: ComponentType<Readonly<Record<string, string>>>
  params: Readonly<Record<string, string | undefined>>
}) {
  const given = Object.fromEntries(Object.entries(params).flatMap(([name, value]) => (value ? [[name, value]] : [])))
  return <Page key={JSON.stringify(given)} {...given} />
}

function NotFound() {
  return (
    <>
      <PageHead title="Nothing here" />
      <Empty title="There is no such page, or your role does not include it.">
        <Link className="button" href="/">
          Go to the start
        </Link>
      </Empty>
    </>
  )
}
