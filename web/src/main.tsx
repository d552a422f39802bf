import './design/tokens.css'
import './design/base.css'
import './design/layout.css'
import './design/components.css'
import './design/data.css'
import './design/pages.css'
import { createRoot } from 'react-dom/client'
import { Provider } from 'urql'
import { navigate } from 'wouter/use-browser-location'
import { createApi } from './api/client.ts'
import { loadConfig } from './config.ts'
import { ServicesProvider } from './session/context.tsx'
import { Session } from './session/session.ts'
import { App } from './shell/app.tsx'
import { StartFailed } from './shell/start-failed.tsx'
import { applyTheme } from './ui/theme.tsx'

const element = document.getElementById('root')
if (!element) throw new Error('index.html has an element for the app.')
const root = createRoot(element)
applyTheme()

try {
  const config = await loadConfig()
  const session = new Session(config)
  const { client, live } = createApi(session)
  const path = await session.restore()
  if (path !== null) navigate(path, { replace: true })
  root.render(
    <ServicesProvider services={{ config, session, live }}>
      <Provider value={client}>
        <App />
      </Provider>
    </ServicesProvider>,
  )
} catch (error) {
  console.error(error)
  root.render(<StartFailed />)
}
