import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever the machine. */
const TICK_MS = 10

const statOf = (pid: number): string[] => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )

/** Processor time that a process and its children have taken, in milliseconds. */
export function cpuMsOf(pid: number): number {
  const stat = statOf(pid)
  const own = (Number(stat[11]) + Number(stat[12])) * TICK_MS
  return childrenOf(pid).reduce((sum, child) => sum + cpuMsOf(child), own)
}

/** Resident memory of a process, in KiB. */
export function residentKbOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
