import { readFileSync, readdirSync } from 'node:fs'
import { childrenOf } from '../../proof/faults/process-table.ts'

/** CPU that a process has used up to now, of all its threads, in microseconds; NaN where the system does not tell. */
export function processCpuMicros(pid: number): number {
  try {
    // The threads know it to the nanosecond, and those that have ended are in the ticks alone.
    return Math.max(usedTicks(statOf(pid)) * 10_000, threadMicros(pid))
  } catch {
    return Number.NaN
  }
}

/**
 * The same for a process and all that it started itself, those included that have ended: a database may have a process for each of its clients.
 * Where that cannot be told, the process alone.
 */
export function familyCpuMicros(pid: number): number {
  try {
    for (;;) {
      const before = statOf(pid)
      const children = childrenOf(pid).map(processCpuMicros)
      const after = statOf(pid)
      // One that ended meanwhile is in neither sum, or in both.
      if (endedTicks(before) !== endedTicks(after)) continue
      const living = children.filter((micros) => !Number.isNaN(micros))
      return living.reduce((sum, micros) => sum + micros, processCpuMicros(pid) + endedTicks(after) * 10_000)
    }
  } catch {
    return processCpuMicros(pid)
  }
}

/** Ticks of 10 ms, of `/proc/PID/stat`: `PID (NAME) STATE` and numbers, of which the 12th and 13th are user and system time. */
export function usedTicks(stat: string): number {
  const [user = Number.NaN, system = Number.NaN] = numbersOf(stat).slice(12)
  return user + system
}

/** The same of the processes that it started, that have ended, and whose end it has heard of: the two numbers behind those. */
export function endedTicks(stat: string): number {
  const [user = Number.NaN, system = Number.NaN] = numbersOf(stat).slice(14)
  return user + system
}

/** Of the threads that there are, where the system keeps that. */
function threadMicros(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanos = threads.map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]))
    return nanos.reduce((sum, one) => sum + one, 0) / 1000
  } catch {
    return 0
  }
}

function statOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, 'latin1')
}

function numbersOf(stat: string): number[] {
  // A name may have blanks and parentheses of its own.
  return stat
    .slice(stat.lastIndexOf(')') + 1)
    .split(' ')
    .map(Number)
}
