/** What is used here of `dynalite`, which carries no types of its own. */
declare module 'dynalite' {
  import type { Server } from 'node:http'

  export default function dynalite(options: { path?: string; createTableMs: number }): Server
}
