import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { registeredOperations } from './operations.ts'

/** The router that the development server hands requests on to. */
const ROUTER = 'http://localhost:4000'

/** The explorer's style sheet brings 350 KB of fonts as data, which the Content-Security-Policy keeps out anyway. */
const withoutFonts: Plugin = {
  name: 'explorer-without-fonts',
  enforce: 'pre',
  transform: (code, id) =>
    id.endsWith('/graphiql/dist/style.css') ? code.replaceAll(/@font-face\s*\{[^}]*\}/g, '') : null,
}

export default defineConfig({
  plugins: [react(), withoutFonts, registeredOperations],
  // Nothing is inlined: the Content-Security-Policy lets a page load its own files alone.
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The explorer alone is larger than Vite likes, and is loaded when it is opened.
    chunkSizeWarningLimit: 700,
    // Of no use to whoever starts the platform: libraries' directives to compilers that have run, and how long plugins took.
    rolldownOptions: { checks: { moduleLevelDirective: false, pluginTimings: false } },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { '/graphql': { target: ROUTER, ws: true }, '/config.json': ROUTER, '/downloads': ROUTER },
  },
})
