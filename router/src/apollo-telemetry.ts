/** Apollo's gateway would report to Apollo, and ask the addresses of cloud metadata where it runs, from its constructor on. */
export function silenceApolloTelemetry(): void {
  process.env.APOLLO_TELEMETRY_DISABLED = 'true'
}
