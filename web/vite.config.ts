import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { registeredOperations } from './operations.ts'

/** The router that the development server hands requests on to. */
const ROUTER = 'http://localhost:4000'

export default defineConfig({
  plugins: [react(), registeredOperations],
  // Nothing is inlined: the Content-Security-Policy lets a page load its own files alone.
  build: { target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { '/graphql': { target: ROUTER, ws: true }, '/config.json': ROUTER, '/downloads': ROUTER },
  },
})
