import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { RunningPlatform } from '@corridor/embedded'
import { type JWK, systemClock } from '@corridor/platform'
import { expect } from 'vitest'

const PROGRAM = fileURLToPath(new URL('processor-process.ts', import.meta.url))
/** Short, so that who comes after a dead processor need not wait long. */
const LEASE_MS = 300
const REACH = { timeout: 30_000, interval: 20 }

/** Processors of a platform that has none of its own, each a process. */
export class Processors {
  private readonly told: string
  private readonly callbackUrl: string
  private readonly callbackSecret: string
  private readonly started: Processor[] = []
  /** Begun while the one before is at work: to start takes longer than to work. */
  private next: Processor

  constructor(platform: RunningPlatform, dataDirectory: string) {
    const { keys, texts } = JSON.parse(readFileSync(join(dataDirectory, 'secrets.json'), 'utf8')) as {
      keys: Record<string, { privateJwk: JWK }>
      texts: Record<string, string>
    } // As the platform keeps them.
    this.callbackUrl = platform.url.replace('/graphql', '/callbacks/sandbox')
    this.callbackSecret = texts['payment.callback'] ?? ''
    const names = ['ledger', 'forex', 'rule-engine', 'profile'] as const
    this.told = JSON.stringify({
      databaseUrl: platform.databases.payment,
      privateJwk: keys['payment-processor']?.privateJwk,
      urls: Object.fromEntries(names.map((name) => [name, `http://127.0.0.1:${platform.ports[name]}/graphql`])),
      callbackUrl: this.callbackUrl,
      callbackSecret: this.callbackSecret,
      leaseMs: LEASE_MS,
    })
    this.next = this.spawn()
  }

  /** One that works, and at the point that is named gets the signal. */
  async begin(point: string | null = null, signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL'): Promise<Processor> {
    const processor = this.next
    this.next = this.spawn()
    await processor.begin(point, signal)
    return processor
  }

  /** One that works until it is killed at that point. */
  async dieAt(point: string): Promise<void> {
    const processor = await this.begin(point)
    await expect.poll(() => processor.signal, { ...REACH, message: `no processor came to ${point}` }).toBe('SIGKILL')
    expect(processor.passed.at(-1)).toBe(point)
  }

  /** Says something as the provider does, signed as Standard Webhooks 1.0.0 says. */
  async callBack(eventId: string, told: { paymentId: string; outcome: string; amountMinor: string; currency: string }) {
    const body = JSON.stringify(told)
    const timestamp = String(Math.floor(systemClock.now().getTime() / 1_000))
    const signed = createHmac('sha256', this.callbackSecret).update(`${eventId}.${timestamp}.${body}`).digest('base64')
    const headers = {
      'content-type': 'application/json',
      'webhook-id': eventId,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signed}`,
    }
    const answer = await fetch(this.callbackUrl, { method: 'POST', headers, body })
    expect(answer.status).toBe(200)
  }

  async close(): Promise<void> {
    for (const processor of this.started) await processor.kill()
  }

  private spawn(): Processor {
    const processor = new Processor(
      spawn(process.execPath, [PROGRAM, this.told], { env: {}, stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    this.started.push(processor)
    return processor
  }
}

/** A processor, and the points that it has passed. */
export class Processor {
  readonly passed: string[] = []
  private readonly ready: Promise<unknown>

  constructor(private readonly child: ChildProcess) {
    const { stdout } = child
    if (!stdout) throw new Error('its output is read')
    const lines = createInterface({ input: stdout })
    this.ready = once(lines, 'line')
    lines.on('line', (line) => this.passed.push(line))
  }

  /** By what it was ended; null while it lives. */
  get signal(): NodeJS.Signals | null {
    return this.child.signalCode
  }

  async begin(point: string | null, signal: string): Promise<void> {
    await this.ready
    this.child.stdin?.write(`${JSON.stringify({ point, signal })}\n`)
  }

  /** Waits until it has passed a point since `from`. */
  async hasPassed(point: string, from = 0): Promise<void> {
    await expect.poll(() => this.passed.slice(from), REACH).toContain(point)
  }

  /** Whether it sleeps, as the system sees it. */
  get sleeps(): boolean {
    return /^State:\s+T/m.test(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))
  }

  wake(): void {
    this.child.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }
}
